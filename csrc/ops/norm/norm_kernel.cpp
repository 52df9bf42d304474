#include "ops/norm/norm.h"

#include "ops/norm/moments_kernel.h"
#include "simd/poll.h"

namespace fastnn::FASTNN_ISA {
namespace {

using norm::Rows;
using norm::RowsBackward;

template <bool centered, bool weighted, bool biased, bool past_cache, class T>
FASTNN_INLINE void forward(const Rows<T>& r) {
    using V = Vec<T>;
    for (dim_t row = 0; row < r.count; ++row) {
        const T* x = r.x + row * r.n;
        T* y = r.y + row * r.n;
        double mean, square;
        moments<centered>(x, r.n, mean, square);
        const T m = T(mean), s = T(1 / __builtin_sqrt(square + r.eps));
        if (centered) r.mean[row] = m;
        r.rstd[row] = s;
        // What the mean loses as a T is taken off here: of numbers far from zero it is not little.
        const V vm = m, vs = s, lost = T((double(m) - mean) * double(s));
        const auto write = [=, &r](dim_t i, dim_t k) __attribute__((always_inline)) {
            V h = load(x + i, k);
            h = centered ? fma(h - vm, vs, lost) : h * vs;
            if (weighted && biased) {
                h = fma(h, load(r.w + i, k), load(r.b + i, k));
            } else if (weighted) {
                h *= load(r.w + i, k);
            } else if (biased) {
                h += load(r.b + i, k);
            }
            put<past_cache>(h, y + i, k);
        };
        in_pieces(r.n, [&](dim_t begin, dim_t end)
                           __attribute__((always_inline)) { over_vectors<T>(begin, end, write); });
    }
    if (past_cache) nt_fence();
}

template <bool centered, bool weighted, bool biased, class T>
FASTNN_INLINE void forward_to(const Rows<T>& r) {
    r.stream ? forward<centered, weighted, biased, true>(r)
             : forward<centered, weighted, biased, false>(r);
}

template <bool centered, class T>
void rows(const Rows<T>& r) {
    if (r.w != nullptr) {
        if (centered && r.b != nullptr) {
            forward_to<centered, true, true>(r);
        } else {
            forward_to<centered, true, false>(r);
        }
    } else if (centered && r.b != nullptr) {
        forward_to<centered, false, true>(r);
    } else {
        forward_to<centered, false, false>(r);
    }
}

// R rows at a time, so that w, dw and db are loaded and stored once for all of them. The first pass
// computes sums of the rows, dw and db; the second one dx, while the rows are still in cache.
template <dim_t R, bool centered, bool weighted, bool past_cache, class T>
FASTNN_INLINE void rows_block(const RowsBackward<T>& r, dim_t row) {
    using V = Vec<T>;
    const dim_t n = r.n;
    const T* dy = r.dy + row * n;
    const T* x = r.x + row * n;
    const bool parameters = r.dw != nullptr;
    V m[R], s[R];
    double a[R] = {}, c[R] = {};
    for (dim_t j = 0; j < R; ++j) {
        if (centered) m[j] = r.mean[row + j];
        s[j] = r.rstd[row + j];
    }
    constexpr dim_t block = 64 * V::width;
    for (dim_t begin = 0; begin < n; begin += block) {
        if (stop_in_loop(begin / block, 1 << 12)) return;
        V sum_g[R], sum_gh[R];
        const auto sums = [&](dim_t i, dim_t k, auto with) __attribute__((always_inline)) {
            constexpr bool with_parameters = decltype(with)::value;
            V w, dw, db;
            if (weighted) w = load(r.w + i, k);
            if (with_parameters) {
                dw = load(r.dw + i, k);
                if (centered) db = load(r.db + i, k);
            }
#pragma GCC unroll 4
            for (dim_t j = 0; j < R; ++j) {
                const V d = load(dy + j * n + i, k), v = load(x + j * n + i, k);
                const V h = (centered ? v - m[j] : v) * s[j];
                if (with_parameters) {
                    dw = fma(d, h, dw);
                    if (centered) db += d;
                }
                const V g = weighted ? d * w : d;
                if (centered) sum_g[j] += g;
                sum_gh[j] = fma(g, h, sum_gh[j]);
            }
            if (with_parameters) {
                store(dw, r.dw + i, k);
                if (centered) store(db, r.db + i, k);
            }
        };
        const dim_t end = n - begin < block ? n : begin + block;
        if (parameters) {
            over_vectors<T>(begin, end, [&](dim_t i, dim_t k) __attribute__((always_inline)) {
                sums(i, k, Flag<true>{});
            });
        } else {
            over_vectors<T>(begin, end, [&](dim_t i, dim_t k) __attribute__((always_inline)) {
                sums(i, k, Flag<false>{});
            });
        }
        for (dim_t j = 0; j < R; ++j) {
            if (centered) a[j] += double(sum(sum_g[j]));
            c[j] += double(sum(sum_gh[j]));
        }
    }
    if (r.dx == nullptr) return;
    T* dx = r.dx + row * n;
    // dx = g s - (x - m) s^2 c - a s
    V factor[R], offset[R];
    for (dim_t j = 0; j < R; ++j) {
        const double rstd = double(r.rstd[row + j]);
        factor[j] = T(-rstd * rstd * (c[j] / double(n)));
        offset[j] = T(-rstd * (a[j] / double(n)));
    }
    const auto write = [&](dim_t i, dim_t k) __attribute__((always_inline)) {
        V w;
        if (weighted) w = load(r.w + i, k);
#pragma GCC unroll 4
        for (dim_t j = 0; j < R; ++j) {
            const V d = load(dy + j * n + i, k), v = load(x + j * n + i, k);
            const V g = weighted ? d * w : d;
            const V rest = centered ? fma(v - m[j], factor[j], offset[j]) : v * factor[j];
            put<past_cache>(fma(g, s[j], rest), dx + j * n + i, k);
        }
    };
    in_pieces(n, [&](dim_t begin, dim_t end)
                     __attribute__((always_inline)) { over_vectors<T>(begin, end, write); });
}

template <bool centered, bool weighted, bool past_cache, class T>
FASTNN_INLINE void backward(const RowsBackward<T>& r) {
    dim_t row = 0;
    for (; row + 4 <= r.count; row += 4) {
        rows_block<4, centered, weighted, past_cache>(r, row);
    }
    for (; row < r.count; ++row) rows_block<1, centered, weighted, past_cache>(r, row);
    if (past_cache) nt_fence();
}

template <bool centered, class T>
void rows_backward(const RowsBackward<T>& r) {
    if (r.w != nullptr) {
        r.stream ? backward<centered, true, true>(r) : backward<centered, true, false>(r);
    } else {
        r.stream ? backward<centered, false, true>(r) : backward<centered, false, false>(r);
    }
}

template <class T>
void add(const T* x, T* y, dim_t n) {
    over_vectors<T>(n, [=](dim_t i, dim_t k) { store(load(y + i, k) + load(x + i, k), y + i, k); });
}

template <class T>
constexpr norm::TypedKernels<T> kTyped{
    {rows<false, T>, rows<true, T>}, {rows_backward<false, T>, rows_backward<true, T>}, add<T>};

constexpr norm::Kernels kTable{kTyped<float>, kTyped<double>};

}  // namespace
}  // namespace fastnn::FASTNN_ISA

FASTNN_KERNELS(norm::Kernels, kTable)
