// Weights into points, and the gradient of points into that of weights.
#pragma once

#include "core/integer.h"
#include "ops/conv/winograd/kernels.h"
#include "ops/conv/winograd/matrices.h"
#include "simd/transpose.h"

namespace fastnn::FASTNN_ISA {
namespace {

using conv::WeightGradient;
using conv::WeightPanel;

constexpr dim_t kTaps = 9;

// The nine taps of a weight are adjacent in memory. A square of W rows x W columns of weights is
// transposed into vectors along columns, tap k of row r at square[(r * 9 + k) * W].
template <class F>
void weight_panel(const WeightPanel& p) {
    constexpr dim_t W = V::width;
    constexpr dim_t ahead = 8 * kTaps, far_ahead = 48 * kTaps;
    constexpr int n = F::n;
    float own[W * kTaps * W], transposed[W * kTaps * W];
    const dim_t plane = p.plane;
    float* square = p.squares != nullptr ? p.squares : own;
    const dim_t next = p.squares != nullptr ? W * kTaps * W : 0;
    for (dim_t r0 = 0; r0 < p.rows; r0 += W) {
        const dim_t rows = p.rows - r0 < W ? p.rows - r0 : W;
        for (dim_t j0 = 0; j0 < p.width; j0 += W, square += next) {
            const dim_t cols = p.cols - j0 < W ? p.cols - j0 : W;
            if (p.packed) {
                // The squares are complete.
            } else if (p.transposed) {  // rows are O: their columns are contiguous
                transpose_block(p.w + r0 * p.w_stride + j0 * kTaps, p.w_stride, rows, cols * kTaps,
                                transposed, W, W);
                for (dim_t k = 0; k < kTaps; ++k) {
                    transpose_block(transposed + k * W, kTaps * W, cols, rows, square + k * W,
                                    kTaps * W, W);
                }
            } else {
                transpose_block(p.w + j0 * p.w_stride + r0 * kTaps, p.w_stride, cols, rows * kTaps,
                                square, W, W);
            }
            for (dim_t r = 0; r < rows; ++r) {
                const float* const g = square + r * kTaps * W;
                if (p.packed) {
                    // The rows of results are as many streams as the hardware prefetcher follows.
                    // So g is fetched from memory into L2, and later from there into L1.
#pragma GCC unroll 9
                    for (dim_t k = 0; k < kTaps; ++k) {
                        __builtin_prefetch(g + (far_ahead + k) * W, 0, 2);
                        __builtin_prefetch(g + (ahead + k) * W);
                    }
                }
                float* const u = p.u + (r0 + r) * p.width + j0;
                const dim_t first = p.transposed ? 8 : 0, step = p.transposed ? -W : W;
                both_sides<typename F::Weight>(
                    [&](int i, int j) __attribute__((always_inline)) {
                        return V::load(g + first * W + (3 * i + j) * step);
                    },
                    [&](int i, int j, V v)
                        __attribute__((always_inline)) { v.store(u + (i * n + j) * plane); });
            }
        }
    }
}

template <class F>
void weight_gradient(const WeightGradient& g) {
    constexpr dim_t W = V::width;
    constexpr int n = F::n;
    float square[W * kTaps * W];
    for (dim_t r0 = 0; r0 < g.rows; r0 += W) {
        const dim_t rows = g.rows - r0 < W ? g.rows - r0 : W;
        for (dim_t j0 = 0; j0 < g.cols; j0 += W) {
            const dim_t cols = g.cols - j0 < W ? g.cols - j0 : W;
            for (dim_t r = 0; r < rows; ++r) {
                const float* const u = g.u + (r0 + r) * g.row + j0;
                both_sides<typename F::WeightGradient>(
                    [&](int i, int j) __attribute__((always_inline)) {
                        return V::load(u + (i * n + j) * g.plane);
                    },
                    [&](int i, int j, V v) __attribute__((always_inline)) {
                        v.store(square + (r * kTaps + 3 * i + j) * W);
                    });
            }
            transpose_block(square, W, rows * kTaps, cols, g.dw + j0 * g.dw_stride + r0 * kTaps,
                            g.dw_stride, rows * kTaps);
        }
    }
}

}  // namespace
}  // namespace fastnn::FASTNN_ISA
