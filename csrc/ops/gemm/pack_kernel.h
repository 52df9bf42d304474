// Operands in the order in which tiles read them, and finished sums on their way into C.
#pragma once

#include "core/integer.h"
#include "ops/gemm/kernels.h"
#include "ops/gemm/tile_kernel.h"
#include "simd/loops.h"
#include "simd/rows.h"
#include "simd/transpose.h"

namespace fastnn::FASTNN_ISA {
namespace {

using gemm::Finish;

// Whole panels, a row of all of them at a time: rows may lie pages apart.
template <class T>
void pack_panels(const T* b, dim_t row, dim_t k, dim_t panels, T* packed) {
    using V = Vec<T>;
    constexpr dim_t W = V::width, nr = kNv * W;
    for (dim_t i = 0; i < k; ++i, b += row, packed += nr) {
        for (dim_t p = 0; p < panels; ++p) {
#pragma GCC unroll 2
            for (int v = 0; v < kNv; ++v) {
                __builtin_prefetch(b + 8 * row + p * nr + v * W);
                V::load(b + p * nr + v * W).store(packed + p * nr * k + v * W);
            }
        }
    }
}

template <class T>
void pack_b(const T* b, dim_t row, dim_t col, dim_t k, dim_t n, T* packed) {
    using V = Vec<T>;
    constexpr dim_t W = V::width, nr = kNv * W, together = 8;
    dim_t j = 0;
    if (col == 1) {
        for (; n - j >= nr;) {
            const dim_t panels = (n - j) / nr < together ? (n - j) / nr : together;
            pack_panels(b + j, row, k, panels, packed + j * k);
            j += panels * nr;
        }
    }
    for (; j < n; j += nr) {
        const dim_t cols = n - j < nr ? n - j : nr, wide = round_up(cols, W);
        const T* x = b + j * col;
        T* out = packed + j * k;
        if (col == 1) {
            for (dim_t i = 0; i < k; ++i, x += row, out += wide) {
                if (wide > W) V::load(x).store(out);
                V::load(x + wide - W, cols - wide + W).store(out + wide - W);
            }
        } else if (row == 1) {
            transpose_block(x, col, cols, k, out, wide, wide);
        } else {
            for (dim_t i = 0; i < k; ++i, x += row, out += wide) {
                for (dim_t v = 0; v < wide; ++v) out[v] = v < cols ? x[v * col] : T(0);
            }
        }
    }
}

template <class T>
void copy_rows(const T* a, dim_t row, dim_t col, dim_t m, dim_t k, T* out, dim_t out_row) {
    if (col == 1) {
        using V = Vec<T>;
        for (dim_t i = 0; i < m; ++i) {
            const T* x = a + i * row;
            T* y = out + i * out_row;
            dim_t p = 0;
            for (; p + V::width <= k; p += V::width) {
                __builtin_prefetch(x + 3 * row + p);  // rows may lie pages apart
                V::load(x + p).store(y + p);
            }
            if (p < k) V::load(x + p, k - p).store(y + p, k - p);
        }
    } else if (row == 1) {
        transpose_block(a, col, k, m, out, out_row, k);
    } else {
        for (dim_t i = 0; i < m; ++i) {
            for (dim_t p = 0; p < k; ++p) out[i * out_row + p] = a[i * row + p * col];
        }
    }
}

template <class T>
void pack_a(const T* a, dim_t row, dim_t col, dim_t m, dim_t k, T* packed) {
    const dim_t panels = ceil_div(m, kMr), height = m / panels, higher = m % panels;
    // Some columns of all panels at a time: they may lie pages apart, and panels share their lines;
    // of a single column, each panel would write less than a line.
    constexpr dim_t together = 8;
    for (dim_t q0 = 0; q0 < k; q0 += together) {
        const dim_t cols = k - q0 < together ? k - q0 : together;
        for (dim_t p = 0, i = 0; p < panels; ++p) {
            const dim_t rows = height + (p < higher ? 1 : 0);
            const T* x = a + i * row + q0 * col;
            T* out = packed + i * k + q0 * rows;
            for (dim_t q = 0; q < cols; ++q, x += col, out += rows) {
                if (row == 1) {
                    __builtin_prefetch(x + together * col);
                    dense_rows<T>(reinterpret_cast<const char*>(x), 0, reinterpret_cast<char*>(out),
                                  0, 1, rows);
                } else {
                    for (dim_t r = 0; r < rows; ++r) out[r] = x[r * row];
                }
            }
            i += rows;
        }
    }
}

// One row of C from a vector of sums at a time.
template <class T>
FASTNN_INLINE void finish_vector(const Finish<T>& f, Vec<T> sum, dim_t i, dim_t j, dim_t n) {
    using V = Vec<T>;
    T* c = f.c + i * f.c_row + j;
    if (f.alpha != T(1)) sum *= V(f.alpha);
    if (f.beta != T(0)) sum = fma(V(f.beta), V::load(c, n), sum);
    const Epilogue<T>& e = f.epilogue;
    if (e.bias != nullptr) sum += V::load(e.bias + j, n);
    if (e.residual != nullptr) sum += V::load(e.residual + i * e.residual_row + j, n);
    if (e.relu_in_registers()) sum = select(sum <= V(), V(), sum);  // NaN stays NaN
    sum.store(c, n);
}

template <class T>
void finish(const Finish<T>& f) {
    using V = Vec<T>;
    constexpr dim_t W = V::width;
    const auto add_up = [&](const T* sums, dim_t n) __attribute__((always_inline)) {
        V sum;
        for (dim_t s = 0; s < f.slices; ++s) sum += V::load(sums + s * f.slice_stride, n);
        return sum;
    };
    if (!f.transposed) {
        for (dim_t i = 0; i < f.rows; ++i) {
            const T* sums = f.sums + i * f.sums_row;
            for (dim_t j = 0; j < f.cols; j += W) {
                const dim_t n = f.cols - j < W ? f.cols - j : W;
                finish_vector(f, add_up(sums + j, n), i, j, n);
            }
        }
        return;
    }
    for (dim_t j = 0; j < f.cols; j += W) {
        const dim_t n = f.cols - j < W ? f.cols - j : W;
        for (dim_t i = 0; i < f.rows; i += W) {
            const dim_t high = f.rows - i < W ? f.rows - i : W;
            V r[W];
#pragma GCC unroll 16
            for (int q = 0; q < W; ++q) {
                if (q < n) r[q] = add_up(f.sums + (j + q) * f.sums_row + i, high);
            }
            transpose(r);
#pragma GCC unroll 16
            for (int q = 0; q < W; ++q) {
                if (q < high) finish_vector(f, r[q], i + q, j, n);
            }
        }
    }
}

}  // namespace
}  // namespace fastnn::FASTNN_ISA
