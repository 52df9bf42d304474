#include "ops/norm/groups.h"

#include "ops/norm/moments_kernel.h"

namespace fastnn::FASTNN_ISA {
namespace {

using norm::Group;
using norm::GroupApply;
using norm::GroupGradient;
using norm::GroupSums;

template <class T>
FASTNN_INLINE T at_or(const T* p, dim_t i, T otherwise) {
    return p == nullptr ? otherwise : p[i];
}
template <class T>
FASTNN_INLINE Vec<T> load_or(const T* p, dim_t i, dim_t k, T otherwise) {
    return p == nullptr ? Vec<T>(otherwise) : load(p + i, k);
}

// What the mean loses as a T.
template <class T>
FASTNN_INLINE T lost(double mean) {
    return T(double(T(mean)) - mean);
}

// f(row, i, count, row % 4) for the vectors of all rows, a column of them at a time; before and
// after each column begin(i, count) and end(i, count).
template <class T, class Begin, class F, class End>
FASTNN_INLINE void over_columns(const Group& g, Begin begin, F f, End end) {
    over_vectors<T>(g.channels, [&](dim_t i, dim_t k) __attribute__((always_inline)) {
        begin(i, k);
        dim_t row = 0;
        for (; row + 4 <= g.rows; row += 4) {
#pragma GCC unroll 4
            for (dim_t j = 0; j < 4; ++j) f(row + j, i, k, j);
        }
        for (; row < g.rows; ++row) f(row, i, k, dim_t{0});
        end(i, k);
    });
}

template <class T>
void pack(const Group& g, const T* from, T* to) {
    for (dim_t row = 0; row < g.rows; ++row) {
        over_vectors<T>(g.channels, [&](dim_t i, dim_t k) __attribute__((always_inline)) {
            store(load(from + row * g.stride + i, k), to + row * g.channels + i, k);
        });
    }
}

template <class T>
void group_moments(const Group& g, const T* x, double* mean, double* variance) {
    moments<true>(x, g.rows * g.channels * g.inner, *mean, *variance);
}

template <bool past_cache, class T>
FASTNN_INLINE void apply_as(const Group& g, const GroupApply<T>& a) {
    using V = Vec<T>;
    const T rstd = T(a.rstd), off = lost<T>(a.mean);
    const V mean = T(a.mean);
    if (g.inner == 1) {
        V scale, shift;
        over_columns<T>(
            g,
            [&](dim_t i, dim_t k) __attribute__((always_inline)) {
                scale = load_or(a.w, i, k, T(1)) * rstd;
                shift = fma(scale, off, load_or(a.b, i, k, T(0)));
            },
            [&](dim_t row, dim_t i, dim_t k, dim_t) __attribute__((always_inline)) {
                const V x = load(a.x + row * g.channels + i, k) - mean;
                put<past_cache>(fma(x, scale, shift), a.y + row * g.stride + i, k);
            },
            [](dim_t, dim_t) {});
    } else {
        for (dim_t c = 0; c < g.channels; ++c) {
            const T* x = a.x + c * g.inner;
            T* y = a.y + c * g.inner;
            const V scale = at_or(a.w, c, T(1)) * rstd;
            const V shift = fma(scale, V(off), V(at_or(a.b, c, T(0))));
            over_vectors<T>(g.inner, [&](dim_t i, dim_t k) __attribute__((always_inline)) {
                put<past_cache>(fma(load(x + i, k) - mean, scale, shift), y + i, k);
            });
        }
    }
    if (past_cache) nt_fence();
}

template <class T>
void apply(const Group& g, const GroupApply<T>& a) {
    a.stream ? apply_as<true>(g, a) : apply_as<false>(g, a);
}

// Sums of dy and dy (x - mean) over one channel, whose blocks go on in double.
template <class T>
FASTNN_INLINE void run_sums(const T* dy, const T* x, dim_t n, Vec<T> mean, double& sums,
                            double& times) {
    using V = Vec<T>;
    constexpr dim_t W = V::width, block = kBlock * W;
    for (dim_t begin = 0; begin < n; begin += block) {
        const dim_t end = n - begin < block ? n : begin + block;
        V one[2], two[2];
        dim_t i = begin;
        for (; i + 2 * W <= end; i += 2 * W) {
#pragma GCC unroll 2
            for (dim_t j = 0; j < 2; ++j) {
                const V d = V::load(dy + i + j * W);
                one[j] += d;
                two[j] = fma(d, V::load(x + i + j * W) - mean, two[j]);
            }
        }
        for (; i < end; i += W) {
            const dim_t k = end - i < W ? end - i : W;
            const V d = load(dy + i, k);  // beyond the end 0
            one[0] += d;
            two[0] = fma(d, select(Mask<T>::first(k), load(x + i, k) - mean, V()), two[0]);
        }
        sums += double(sum(one[0] + one[1]));
        times += double(sum(two[0] + two[1]));
    }
}

template <class T>
void sums(const Group& g, const GroupSums<T>& a) {
    using V = Vec<T>;
    const V mean = T(a.mean);
    if (g.inner == 1) {
        V one[4], two[4];
        const V off = lost<T>(a.mean), rstd = T(a.rstd);
        over_columns<T>(
            g,
            [&](dim_t, dim_t) __attribute__((always_inline)) {
#pragma GCC unroll 4
                for (dim_t j = 0; j < 4; ++j) one[j] = two[j] = V();
            },
            [&](dim_t row, dim_t i, dim_t k, dim_t j) __attribute__((always_inline)) {
                const dim_t at = row * g.channels + i;
                const V d = load(a.dy + at, k);
                one[j] += d;
                two[j] = fma(d, load(a.x + at, k) - mean, two[j]);
            },
            [&](dim_t i, dim_t k) __attribute__((always_inline)) {
                const V s = (one[0] + one[1]) + (one[2] + one[3]);
                store(s, a.sum + i, k);
                store(fma(s, off, (two[0] + two[1]) + (two[2] + two[3])) * rstd, a.sum_times + i,
                      k);
            });
        return;
    }
    const double off = double(T(a.mean)) - a.mean;
    for (dim_t c = 0; c < g.channels; ++c) {
        double one = 0, two = 0;
        run_sums<T>(a.dy + c * g.inner, a.x + c * g.inner, g.inner, mean, one, two);
        a.sum[c] = T(one);
        a.sum_times[c] = T((two + off * one) * a.rstd);
    }
}

template <bool past_cache, class T>
FASTNN_INLINE void dx_to(const Group& g, const GroupGradient<T>& a) {
    using V = Vec<T>;
    const T rstd = T(a.rstd);
    const V mean = T(a.mean), factor = T(a.factor),
            offset = T(a.offset + a.factor * (double(T(a.mean)) - a.mean));
    const auto put_one = [&](dim_t at, T* dx, dim_t k, V scale) __attribute__((always_inline)) {
        const V around = fma(load(a.x + at, k) - mean, factor, offset);
        put<past_cache>(fma(load(a.dy + at, k), scale, around), dx, k);
    };
    if (g.inner == 1) {
        V scale;
        over_columns<T>(
            g,
            [&](dim_t i, dim_t k)
                __attribute__((always_inline)) { scale = load_or(a.w, i, k, T(1)) * rstd; },
            [&](dim_t row, dim_t i, dim_t k, dim_t) __attribute__((always_inline)) {
                put_one(row * g.channels + i, a.dx + row * g.stride + i, k, scale);
            },
            [](dim_t, dim_t) {});
    } else {
        for (dim_t c = 0; c < g.channels; ++c) {
            const V scale = at_or(a.w, c, T(1)) * rstd;
            over_vectors<T>(g.inner, [&](dim_t i, dim_t k) __attribute__((always_inline)) {
                put_one(c * g.inner + i, a.dx + c * g.inner + i, k, scale);
            });
        }
    }
    if (past_cache) nt_fence();
}

template <class T>
void dx(const Group& g, const GroupGradient<T>& a) {
    a.stream ? dx_to<true>(g, a) : dx_to<false>(g, a);
}

template <class T>
constexpr norm::GroupTypedKernels<T> kTyped{pack<T>, group_moments<T>, apply<T>, sums<T>, dx<T>};

constexpr norm::GroupKernels kTable{kTyped<float>, kTyped<double>};

}  // namespace
}  // namespace fastnn::FASTNN_ISA

FASTNN_KERNELS(norm::GroupKernels, kTable)
