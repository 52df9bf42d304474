// Transposes of matrices, in square blocks of registers.
#pragma once

#include "vec.h"

namespace fastnn::FASTNN_ISA {

// The first (or second) halves of two registers, interleaved.
template <bool High, class R>
FASTNN_INLINE R zip(R a, R b) {
    constexpr int n = sizeof(R) / sizeof(a[0]);
    constexpr int h = High ? n / 2 : 0;
    if constexpr (n == 2) {
        return __builtin_shufflevector(a, b, h, n + h);
    } else if constexpr (n == 4) {
        return __builtin_shufflevector(a, b, h, n + h, h + 1, n + h + 1);
    } else if constexpr (n == 8) {
        return __builtin_shufflevector(a, b, h, n + h, h + 1, n + h + 1, h + 2, n + h + 2, h + 3,
                                       n + h + 3);
    } else {
        return __builtin_shufflevector(a, b, h, n + h, h + 1, n + h + 1, h + 2, n + h + 2, h + 3,
                                       n + h + 3, h + 4, n + h + 4, h + 5, n + h + 5, h + 6,
                                       n + h + 6, h + 7, n + h + 7);
    }
}

template <bool High, class T>
FASTNN_INLINE Vec<T> zip(Vec<T> a, Vec<T> b) {
    return Vec<T>(zip<High>(a.v, b.v));
}

// Square transpose of W registers of W lanes. Interleaving registers i and i + W/2 into 2i and 2i +
// 1 rotates the binary digits of (register, lane) by one place, so log2(W) rounds exchange the two.
template <class R, int W>
FASTNN_INLINE void transpose(R (&r)[W]) {
#pragma GCC unroll 4
    for (int round = 1; round < W; round *= 2) {
        R z[W];
#pragma GCC unroll 8
        for (int i = 0; i < W / 2; ++i) {
            z[2 * i] = zip<false>(r[i], r[i + W / 2]);
            z[2 * i + 1] = zip<true>(r[i], r[i + W / 2]);
        }
#pragma GCC unroll 16
        for (int i = 0; i < W; ++i) r[i] = z[i];
    }
}

namespace {

// out[j * out_row + i] = x[i * x_row + j] for i < rows, j < cols; lanes beyond `rows` up to
// `padded` become 0.
template <class T>
void transpose_block(const T* x, dim_t x_row, dim_t rows, dim_t cols, T* out, dim_t out_row,
                     dim_t padded) {
    using V = Vec<T>;
    constexpr dim_t W = V::width;
    for (dim_t i = 0; i < rows; i += W) {
        const dim_t high = rows - i < W ? rows - i : W, stored = padded - i < W ? padded - i : W;
        for (dim_t j = 0; j < cols; j += W) {
            const dim_t wide = cols - j < W ? cols - j : W;
            V r[W];
            if (high == W && wide == W) {
#pragma GCC unroll 16
                for (int q = 0; q < W; ++q) r[q] = V::load(x + (i + q) * x_row + j);
            } else {
#pragma GCC unroll 16
                for (int q = 0; q < W; ++q)
                    r[q] = q < high ? V::load(x + (i + q) * x_row + j, wide) : V();
            }
            transpose(r);
            T* y = out + j * out_row + i;
            if (wide == W && stored == W) {
#pragma GCC unroll 16
                for (int q = 0; q < W; ++q) r[q].store(y + q * out_row);
            } else {
#pragma GCC unroll 16
                for (int q = 0; q < W; ++q) {
                    if (q < wide) r[q].store(y + q * out_row, stored);
                }
            }
        }
    }
}

}  // namespace
}  // namespace fastnn::FASTNN_ISA
