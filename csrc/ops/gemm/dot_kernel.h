// Products whose operands both lie along k: sums of elementwise products, without packing.
#pragma once

#include "core/integer.h"
#include "ops/gemm/blocking_kernel.h"
#include "ops/gemm/kernels.h"
#include "simd/vec.h"

namespace fastnn::FASTNN_ISA {
namespace {

using gemm::Dot;

constexpr int kDotCols = 4;

// sums[i, j] for M rows of a and N of b; where `add`, on top of what is there.
template <class T, int M, int N>
void dot_tile(const Dot<T>& d, dim_t k, const T* a, const T* b, T* sums, bool add) {
    using V = Vec<T>;
    constexpr dim_t W = V::width;
    V acc[M][N];
    const auto step = [&](auto load) __attribute__((always_inline)) {
        V x[M];
#pragma GCC unroll 8
        for (int i = 0; i < M; ++i) x[i] = in_register(load(a + i * d.a_row));
#pragma GCC unroll 8
        for (int j = 0; j < N; ++j) {
            const V y = in_register(load(b + j * d.b_row));
#pragma GCC unroll 8
            for (int i = 0; i < M; ++i) acc[i][j] = fma(x[i], y, acc[i][j]);
        }
    };
    for (; k >= W; k -= W, a += W, b += W) {
        step([](const T* p) __attribute__((always_inline)) { return V::load(p); });
    }
    if (k > 0) step([k](const T* p) __attribute__((always_inline)) { return V::load(p, k); });
#pragma GCC unroll 8
    for (int i = 0; i < M; ++i) {
#pragma GCC unroll 8
        for (int j = 0; j < N; ++j) {
            T& out = sums[i * d.sums_row + j];
            out = (add ? out : T(0)) + sum(acc[i][j]);
        }
    }
}

// `n` rows of b against M rows of a.
template <class T, int M>
void dot_rows(const Dot<T>& d, dim_t n, dim_t k, const T* a, const T* b, T* sums, bool add) {
    dim_t j = 0;
    for (; j + kDotCols <= n; j += kDotCols) {
        dot_tile<T, M, kDotCols>(d, k, a, b + j * d.b_row, sums + j, add);
    }
    for (; j < n; ++j) dot_tile<T, M, 1>(d, k, a, b + j * d.b_row, sums + j, add);
}

// Pieces of 4 KiB of a few rows of a stay in L1 while 64 such pieces of b stream from L2.
template <class T>
void dot(const Dot<T>& d) {
    constexpr dim_t piece = 4096 / sizeof(T), many = 64;
    const dim_t groups = ceil_div(d.m, kDotRows), height = d.m / groups;
    const dim_t higher = d.m % groups;
    for (dim_t j = 0; j < d.n; j += many) {
        const dim_t n = d.n - j < many ? d.n - j : many;
        for (dim_t k = 0; k == 0 || k < d.k; k += piece) {
            const dim_t depth = d.k - k < piece ? d.k - k : piece;
            const T* b = d.b + j * d.b_row + k;
            for (dim_t g = 0, i = 0; g < groups; ++g) {
                const dim_t rows = height + (g < higher ? 1 : 0);
                const T* a = d.a + i * d.a_row + k;
                T* out = d.sums + i * d.sums_row + j;
                const bool add = k > 0;
                switch (rows) {
                    case 1: dot_rows<T, 1>(d, n, depth, a, b, out, add); break;
                    case 2: dot_rows<T, 2>(d, n, depth, a, b, out, add); break;
                    case 3: dot_rows<T, 3>(d, n, depth, a, b, out, add); break;
#if defined(__AVX512F__) || defined(__aarch64__)
                    case 4: dot_rows<T, 4>(d, n, depth, a, b, out, add); break;
                    case 5: dot_rows<T, 5>(d, n, depth, a, b, out, add); break;
#endif
                    default: break;
                }
                i += rows;
            }
        }
    }
}

}  // namespace
}  // namespace fastnn::FASTNN_ISA
