// Register tiles and blocks, for each instruction set.
#pragma once

#include "ops/gemm/kernels.h"
#include "simd/register.h"
#include "simd/vec.h"

namespace fastnn::FASTNN_ISA {
namespace {

// kMr x kNv vectors of sums, one row of B and one element of A: 14 x 2 and 6 x 2 fill
// 32 and 16 registers, and keep more than the 8 independent sums in flight that two FMA units of
// latency 4 ask for. Without FMA a product needs a register of its own. kKc: a 14 x 384 piece of A
// is 21 KiB and stays in an L1 of 32 KiB while pieces of B (48 KiB) stream past it from L2 at 9
// bytes per cycle.
#if defined(__AVX512F__)
constexpr int kMr = 14, kDotRows = 5;
constexpr int kStripVectors[] = {8, 8, 6, 6};  // of strips with 1, 2, 3, 4 rows
constexpr dim_t kKc = 384;
#elif defined(__AVX2__)
constexpr int kMr = 6, kDotRows = 3;
constexpr int kStripVectors[] = {8, 4, 4, 3};
constexpr dim_t kKc = 384;
#elif defined(__aarch64__)
constexpr int kMr = 12, kDotRows = 5;
constexpr int kStripVectors[] = {8, 8, 6, 6};
constexpr dim_t kKc = 384;
#else
constexpr int kMr = 5, kDotRows = 3;
constexpr int kStripVectors[] = {8, 4, 3, 2};
constexpr dim_t kKc = 384;
#endif
constexpr int kNv = 2;
constexpr int kStripRows = 4;
constexpr int kSkinnyWide = kMr / 4;  // rows of A up to which four vectors of sums fit each

template <class T>
constexpr gemm::Blocking blocking() {
    constexpr dim_t W = Vec<T>::width;
    constexpr double vector_bytes = W * sizeof(T);
    // A 32-byte FMA twice a cycle at 3.5 GHz; 16-byte levels have no FMA.
    constexpr double flops = (vector_bytes >= 32 ? 110.0 : 25.0) * 4 / sizeof(T);
    return {W, kMr, kNv * W, kKc, kDotRows, flops};
}

}  // namespace
}  // namespace fastnn::FASTNN_ISA
