// Skinny products: few rows of A and a large B. B is read once, in memory order, and the sums stay
// in L1.
#pragma once

#include "ops/gemm/blocking_kernel.h"
#include "ops/gemm/kernels.h"
#include "simd/vec.h"

namespace fastnn::FASTNN_ISA {
namespace {

using gemm::Skinny;

// sums[i, j] += sum over K rows of B, for M rows of A, NV vectors of columns at a time: as many as
// share each element of A that is spread over a vector.
template <class T, int M, int K>
void skinny_rows(const Skinny<T>& s, dim_t k, bool first) {
    using V = Vec<T>;
    constexpr dim_t W = V::width;
    const T* b = s.b + k * s.b_row;
    const T* a = s.a + k * s.a_k;
    const auto step = [&]<int NV>(dim_t j, auto load, auto store) __attribute__((always_inline)) {
        V acc[M][NV];
        if (!first) {
#pragma GCC unroll 8
            for (int i = 0; i < M; ++i) {
#pragma GCC unroll 4
                for (int v = 0; v < NV; ++v) acc[i][v] = load(s.sums + i * s.sums_row + j + v * W);
            }
        }
#pragma GCC unroll 8
        for (int q = 0; q < K; ++q) {
            V row[NV];
#pragma GCC unroll 4
            for (int v = 0; v < NV; ++v) row[v] = in_register(load(b + q * s.b_row + j + v * W));
#pragma GCC unroll 8
            for (int i = 0; i < M; ++i) {
                const V x(a[i * s.a_row + q * s.a_k]);
#pragma GCC unroll 4
                for (int v = 0; v < NV; ++v) acc[i][v] = fma(x, row[v], acc[i][v]);
            }
        }
#pragma GCC unroll 8
        for (int i = 0; i < M; ++i) {
#pragma GCC unroll 4
            for (int v = 0; v < NV; ++v) store(s.sums + i * s.sums_row + j + v * W, acc[i][v]);
        }
    };
    const auto load = [](const T* p) __attribute__((always_inline)) { return V::load(p); };
    const auto store = [](T* p, V x) __attribute__((always_inline)) { x.store(p); };
    constexpr int NV = M <= kSkinnyWide ? 4 : 2;
    dim_t j = 0;
    for (; j + NV * W <= s.n; j += NV * W) step.template operator()<NV>(j, load, store);
    for (; j + W <= s.n; j += W) step.template operator()<1>(j, load, store);
    if (const dim_t rest = s.n - j; rest > 0) {
        step.template operator()<1>(
            j, [=](const T* p) __attribute__((always_inline)) { return V::load(p, rest); },
            [=](T* p, V x) __attribute__((always_inline)) { x.store(p, rest); });
    }
}

template <class T, int M>
void skinny_group(const Skinny<T>& s) {
    // Rows of B at a time: the sums are loaded and stored once for all of them. Four, since the
    // hardware prefetcher follows few streams and rows a power of two apart share a set of L1.
    constexpr int together = 4;
    dim_t k = 0;
    for (; k + together <= s.k; k += together) skinny_rows<T, M, together>(s, k, k == 0);
    for (; k < s.k; ++k) skinny_rows<T, M, 1>(s, k, k == 0);
}

template <class T>
void skinny(const Skinny<T>& s) {
    switch (s.m) {
        case 1: return skinny_group<T, 1>(s);
        case 2: return skinny_group<T, 2>(s);
        case 3: return skinny_group<T, 3>(s);
        case 4: return skinny_group<T, 4>(s);
        case 5: return skinny_group<T, 5>(s);
        case 6: return skinny_group<T, 6>(s);
        case 7: return skinny_group<T, 7>(s);
        default: return skinny_group<T, 8>(s);
    }
}

}  // namespace
}  // namespace fastnn::FASTNN_ISA
