// Products whose operands both lie along k: sums of elementwise products, without packing.
#pragma once

#include "ops/gemm/blocking_kernel.h"
#include "ops/gemm/kernels.h"
#include "simd/vec.h"

namespace fastnn::FASTNN_ISA {
namespace {

using gemm::Dot;

constexpr int kDotCols = 4;

// sums[i, j] for M rows of a and N of b.
template <class T, int M, int N>
void dot_tile(const Dot<T>& d, const T* a, const T* b, T* sums) {
    using V = Vec<T>;
    constexpr long W = V::width;
    V acc[M][N];
    const auto step = [&](auto load) __attribute__((always_inline)) {
        V x[M];
#pragma GCC unroll 8
        for (int i = 0; i < M; ++i) x[i] = load(a + i * d.a_row);
#pragma GCC unroll 8
        for (int j = 0; j < N; ++j) {
            const V y = load(b + j * d.b_row);
#pragma GCC unroll 8
            for (int i = 0; i < M; ++i) acc[i][j] = fma(x[i], y, acc[i][j]);
        }
    };
    long k = d.k;
    for (; k >= W; k -= W, a += W, b += W) {
        step([](const T* p) __attribute__((always_inline)) { return V::load(p); });
    }
    if (k > 0) step([k](const T* p) __attribute__((always_inline)) { return V::load(p, k); });
#pragma GCC unroll 8
    for (int i = 0; i < M; ++i) {
#pragma GCC unroll 8
        for (int j = 0; j < N; ++j) sums[i * d.sums_row + j] = sum(acc[i][j]);
    }
}

template <class T, int N>
void dot_rows(const Dot<T>& d, const T* b, T* sums) {
    const long groups = (d.m + kDotRows - 1) / kDotRows, height = d.m / groups,
               higher = d.m % groups;
    for (long g = 0, i = 0; g < groups; ++g) {
        const long rows = height + (g < higher ? 1 : 0);
        const T* a = d.a + i * d.a_row;
        T* out = sums + i * d.sums_row;
        switch (rows) {
            case 1: dot_tile<T, 1, N>(d, a, b, out); break;
            case 2: dot_tile<T, 2, N>(d, a, b, out); break;
            case 3: dot_tile<T, 3, N>(d, a, b, out); break;
#if defined(__AVX512F__) || defined(__aarch64__)
            case 4: dot_tile<T, 4, N>(d, a, b, out); break;
            case 5: dot_tile<T, 5, N>(d, a, b, out); break;
#endif
            default: break;
        }
        i += rows;
    }
}

template <class T>
void dot(const Dot<T>& d) {
    long j = 0;
    for (; j + kDotCols <= d.n; j += kDotCols)
        dot_rows<T, kDotCols>(d, d.b + j * d.b_row, d.sums + j);
    for (; j < d.n; ++j) dot_rows<T, 1>(d, d.b + j * d.b_row, d.sums + j);
}

}  // namespace
}  // namespace fastnn::FASTNN_ISA
