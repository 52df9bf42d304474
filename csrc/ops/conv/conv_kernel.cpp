#include "core/integer.h"
#include "ops/conv/kernels.h"
#include "simd/loops.h"
#include "simd/transpose.h"

namespace fastnn::FASTNN_ISA {
namespace {

using conv::PackPixels;
using conv::PackWeight;
using conv::UnpackWeight;

// The offset of row 0 of each tap, computed once for kernels of a usual size.
template <class T>
struct TapRows {
    static constexpr dim_t many = 128;
    const PackWeight<T>& p;
    T* kept[many];
    explicit TapRows(const PackWeight<T>& pack) : p(pack) {
        for (dim_t t = 0; t < p.taps && t < many; ++t) kept[t] = find(t);
    }
    T* find(dim_t tap) const {
        const conv::TapPlace& at = p.places[tap];
        if (at.base < 0) return nullptr;
        return p.packed + at.base + (p.before + p.column * p.block) * at.taps +
               (at.number * p.block + p.first_row) * p.width;
    }
    T* operator[](dim_t tap) const { return tap < many ? kept[tap] : find(tap); }
};

// w has a row of (channel, tap) for each column; W rows are transposed together.
template <class T>
void pack_forward(const PackWeight<T>& p, const TapRows<T>& taps) {
    using V = Vec<T>;
    constexpr dim_t W = V::width, ahead = 512 / sizeof(T);
    const dim_t length = p.rows * p.taps;
    for (dim_t j = 0; j < p.width; j += W) {
        const dim_t cols = p.cols - j < W ? p.cols - j : W;
        const T* w = p.w + j * p.col_stride;
        dim_t row = 0, tap = 0;
        for (dim_t q = 0; q < length; q += W, w += W) {
            const dim_t n = length - q < W ? length - q : W;
            V r[W];
            if (cols == W && n == W) {
#pragma GCC unroll 16
                for (int i = 0; i < W; ++i) {
                    // More rows than the hardware prefetcher follows.
                    __builtin_prefetch(w + i * p.col_stride + ahead);
                    r[i] = V::load(w + i * p.col_stride);
                }
            } else {
#pragma GCC unroll 16
                for (int i = 0; i < W; ++i)
                    r[i] = i < cols ? V::load(w + i * p.col_stride, n) : V();
            }
            transpose(r);
#pragma GCC unroll 16
            for (int i = 0; i < W; ++i) {
                if (i < n) {
                    if (T* const out = taps[tap]) r[i].store(out + row * p.width + j);
                    if (++tap == p.taps) tap = 0, ++row;
                }
            }
        }
    }
}

// w has a row of (column, tap) for each channel.
template <class T>
void pack_transposed(const PackWeight<T>& p, const TapRows<T>& taps) {
    using V = Vec<T>;
    constexpr dim_t W = V::width;
    for (dim_t row = 0; row < p.rows; ++row) {
        for (dim_t j = 0; j < p.width; j += W) {
            const dim_t cols = p.cols - j < W ? p.cols - j : W;
            const T* w = p.w + row * p.row_stride + j * p.taps;
            if (p.taps == 1) {
                if (T* const out = taps[0]) V::load(w, cols).store(out + row * p.width + j);
                continue;
            }
            for (dim_t q = 0; q < p.taps; q += W) {
                const dim_t n = p.taps - q < W ? p.taps - q : W;
                V r[W];
#pragma GCC unroll 16
                for (int i = 0; i < W; ++i) r[i] = i < cols ? V::load(w + i * p.taps + q, n) : V();
                transpose(r);
#pragma GCC unroll 16
                for (int i = 0; i < W; ++i) {
                    if (i < n) {
                        if (T* const out = taps[q + i]) r[i].store(out + row * p.width + j);
                    }
                }
            }
        }
    }
}

template <class T>
void pack_weight(const PackWeight<T>& p) {
    const TapRows<T> taps(p);
    if (p.row_stride == p.taps) {
        pack_forward(p, taps);
    } else {
        pack_transposed(p, taps);
    }
}

template <class T>
void unpack_weight(const UnpackWeight<T>& u) {
    using V = Vec<T>;
    constexpr dim_t W = V::width;
    const dim_t end = u.rows * u.taps;
    for (dim_t j = 0; j < u.cols; j += W) {
        const dim_t cols = u.cols - j < W ? u.cols - j : W;
        dim_t row = 0, tap = 0;
        for (dim_t q = 0; q < end; q += W) {
            const dim_t n = end - q < W ? end - q : W;
            V r[W];
#pragma GCC unroll 16
            for (int i = 0; i < W; ++i) {
                if (i >= n) continue;
                const T* sums = u.sums + tap * u.tap_stride + row * u.stride + j;
                V sum = V::load(sums, cols);
                for (dim_t s = 1; s < u.slices; ++s) {
                    sums += u.slice_stride;
                    sum += V::load(sums, cols);
                }
                r[i] = sum;
                if (++tap == u.taps) tap = 0, ++row;
            }
            transpose(r);
            T* const dw = u.dw + j * u.dw_stride + q;
#pragma GCC unroll 16
            for (int i = 0; i < W; ++i) {
                if (i < cols) r[i].store(dw + i * u.dw_stride, n);
            }
        }
    }
}

template <class T>
void pack_pixels(const PackPixels<T>& p) {
    using V = Vec<T>;
    const dim_t panels = ceil_div(p.channels, p.mr), height = p.channels / panels,
                higher = p.channels % panels;
    if (panels == 1 && p.x != nullptr && p.step == p.channels)
        return copy(p.x, p.panels + p.first * p.channels, p.pixels * p.channels);
    for (dim_t q = 0; q < p.pixels; ++q) {
        const T* x = p.x == nullptr ? nullptr : p.x + q * p.step;
        for (dim_t g = 0, i = 0; g < panels; ++g) {
            const dim_t rows = height + (g < higher ? 1 : 0);
            T* const out = p.panels + i * p.depth + (p.first + q) * rows;
            if (x != nullptr) {
                copy(x + i, out, rows);
            } else {
                for (dim_t r = 0; r < rows; r += V::width)
                    V().store(out + r, rows - r < V::width ? rows - r : V::width);
            }
            i += rows;
        }
    }
}

template <class T>
void column_sums(const T* x, dim_t stride, dim_t rows, dim_t cols, T* sums, bool add) {
    using V = Vec<T>;
    constexpr dim_t W = V::width;
    // Four vectors of sums, and two rows to each, are chains enough for additions in flight.
    constexpr int together = 4;
    const auto strip = [&]<int N>(dim_t j, dim_t n) __attribute__((always_inline)) {
        V even[N], odd[N];
        const auto take = [&](V(&acc)[N], const T* row) __attribute__((always_inline)) {
#pragma GCC unroll 4
            for (int v = 0; v < N; ++v)
                acc[v] += N == 1 ? V::load(row + v * W, n) : V::load(row + v * W);
        };
        dim_t i = 0;
        for (; i + 2 <= rows; i += 2) {
            take(even, x + i * stride + j);
            take(odd, x + (i + 1) * stride + j);
        }
        if (i < rows) take(even, x + i * stride + j);
#pragma GCC unroll 4
        for (int v = 0; v < N; ++v) {
            V sum = even[v] + odd[v];
            T* const out = sums + j + v * W;
            if (add) sum += V::load(out, n);
            sum.store(out, n);
        }
    };
    dim_t j = 0;
    for (; j + together * W <= cols; j += together * W) strip.template operator()<together>(j, W);
    for (; j < cols; j += W) strip.template operator()<1>(j, cols - j < W ? cols - j : W);
}

template <class T>
void transposed_copy(const T* x, dim_t x_row, dim_t rows, dim_t cols, T* out, dim_t out_row) {
    transpose_block(x, x_row, rows, cols, out, out_row, rows);
}

template <class T>
constexpr conv::TypedKernels<T> kTable{pack_weight<T>, unpack_weight<T>, pack_pixels<T>,
                                       column_sums<T>, transposed_copy<T>};

}  // namespace
}  // namespace fastnn::FASTNN_ISA

FASTNN_KERNELS(conv::TypedKernels<float>, kTable<float>)
FASTNN_KERNELS(conv::TypedKernels<double>, kTable<double>)
