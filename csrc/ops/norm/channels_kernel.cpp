#include "ops/norm/channels.h"

#include "ops/norm/moments_kernel.h"

namespace fastnn::FASTNN_ISA {
namespace {

using norm::Affine;
using norm::Apply;
using norm::Gate;
using norm::Gated;
using norm::Parts;
using norm::Slope;
using norm::Span;
using norm::Sums;

template <dim_t n>
struct Count {
    static constexpr dim_t value = n;
};
template <Gate g>
struct GateAs {
    static constexpr Gate value = g;
};

// f(Flag<b>) with b known to the compiler.
template <class F>
FASTNN_INLINE void choose(bool b, F f) {
    b ? f(Flag<true>{}) : f(Flag<false>{});
}

template <class T>
FASTNN_INLINE T sum_of(const Vec<T> (&v)[4]) {
    return sum((v[0] + v[1]) + (v[2] + v[3]));
}

constexpr dim_t kAround = 8;  // rows whose mean is taken off before squares are summed

// f(row, columns, rows at once) over a span: four rows at once, single ones, the tail.
template <class F>
FASTNN_INLINE void over_rows(const Span& s, F f) {
    dim_t row = 0;
    for (; row + 4 <= s.rows; row += 4) f(row, s.width, Count<4>{});
    for (; row < s.rows; ++row) f(row, s.width, Count<1>{});
    if (s.tail > 0) f(s.rows, s.tail, Count<1>{});
}

// One number for a whole run, or those of the columns.
template <bool runs, class T>
struct Coefficient {
    const T* columns;
    Vec<T> one;
    explicit FASTNN_INLINE Coefficient(const T* p) : columns(p) {
        if (runs) one = *p;
    }
    FASTNN_INLINE Vec<T> at(dim_t i, dim_t k) const { return runs ? one : load(columns + i, k); }
};

// The mean of the first m of n rows lies within sqrt((n - m) / m) deviations of the mean of all, so
// of squares around it, at most five binary digits are lost.
template <class T>
void column_statistics(const Span& s, const T* x, T* part, dim_t width) {
    using V = Vec<T>;
    x += s.at;
    T* around = part + s.column;
    T* sums = around + width;
    T* squares = sums + width;
    const dim_t first = s.rows < kAround ? s.rows : kAround;
    const V share = T(1) / T(first);
    over_vectors<T>(s.width, [&](dim_t i, dim_t k) __attribute__((always_inline)) {
        V mean;
        for (dim_t j = 0; j < first; ++j) mean = fma(load(x + j * s.stride + i, k), share, mean);
        store(mean, around + i, k);
        store(V(), sums + i, k);
        store(V(), squares + i, k);
    });
    over_rows(s, [&](dim_t row, dim_t columns, auto at_once) __attribute__((always_inline)) {
        const T* r = x + row * s.stride;
        over_vectors<T>(columns, [&](dim_t i, dim_t k) __attribute__((always_inline)) {
            const V mean = load(around + i, k);
            V sum = load(sums + i, k), square = load(squares + i, k);
            if constexpr (at_once.value == 4) {
                const V a = load(r + i, k) - mean, b = load(r + s.stride + i, k) - mean;
                const V c = load(r + 2 * s.stride + i, k) - mean,
                        d = load(r + 3 * s.stride + i, k) - mean;
                sum += (a + b) + (c + d);
                square += fma(b, b, a * a) + fma(d, d, c * c);
            } else {
                const V a = load(r + i, k) - mean;
                sum += a;
                square = fma(a, a, square);
            }
            store(sum, sums + i, k);
            store(square, squares + i, k);
        });
    });
}

template <class T>
void run_statistics(const Span& s, const T* x, T* part, dim_t width) {
    using V = Vec<T>;
    x += s.at;
    part += s.column;
    const double n = double(s.width);
    if (s.width <= kBlock * V::width) {
        const T around =
            T(block_sum(x, s.width, [](V v) __attribute__((always_inline)) { return v; }) / n);
        const V mean = around;
        double off = 0;
        part[2 * width] = T(block_sum(
            x, s.width,
            [=](V v) __attribute__((always_inline)) {
                const V d = v - mean;
                return d * d;
            },
            [=](V v) __attribute__((always_inline)) { return v - mean; }, off));
        part[0] = around;
        part[width] = T(off);
        return;
    }
    double mean, square;
    moments<true>(x, s.width, mean, square);
    const double off = mean - double(T(mean));
    part[0] = T(mean);
    part[width] = T(off * n);
    part[2 * width] = T((square + off * off) * n);
}

template <class T>
void merge_statistics(const Parts<T>& p, dim_t begin, dim_t end, double* mean, double* square) {
    double all = 0;
    for (dim_t i = begin; i < end; ++i) mean[i] = square[i] = 0;
    for (dim_t j = 0; j < p.count; ++j) {
        const T* around = p.data + 3 * j * p.width;
        const T* sum = around + p.width;
        const double n = (j + 1) % p.period == 0 ? p.last : p.full;
        for (dim_t i = begin; i < end; ++i) mean[i] += n * double(around[i]) + double(sum[i]);
        all += n;
    }
    for (dim_t i = begin; i < end; ++i) mean[i] /= all;
    for (dim_t j = 0; j < p.count; ++j) {
        const T* around = p.data + 3 * j * p.width;
        const T* sum = around + p.width;
        const T* squares = sum + p.width;
        const double n = (j + 1) % p.period == 0 ? p.last : p.full, share = 1 / n;
        for (dim_t i = begin; i < end; ++i) {
            const double here = double(sum[i]) * share;
            const double off = double(around[i]) + here - mean[i];
            square[i] += double(squares[i]) - here * double(sum[i]) + off * off * n;
        }
    }
}

template <class T>
void merge_sums(const Parts<T>& p, dim_t begin, dim_t end, double* sum, double* sum_times) {
    for (dim_t i = begin; i < end; ++i) sum[i] = sum_times[i] = 0;
    for (dim_t j = 0; j < p.count; ++j) {
        const T* one = p.data + 2 * j * p.width;
        const T* other = one + p.width;
        for (dim_t i = begin; i < end; ++i) {
            sum[i] += double(one[i]);
            sum_times[i] += double(other[i]);
        }
    }
}

template <bool runs, bool relu, bool added, bool past_cache, class T>
FASTNN_INLINE void apply_as(const Span& s, const Apply<T>& a) {
    using V = Vec<T>;
    const Coefficient<runs, T> mean(a.affine.mean + s.column), scale(a.affine.scale + s.column),
        shift(a.affine.shift + s.column);
    over_rows(s, [&](dim_t row, dim_t columns, auto at_once) __attribute__((always_inline)) {
        const dim_t at = s.at + row * s.stride;
        over_vectors<T>(columns, [&](dim_t i, dim_t k) __attribute__((always_inline)) {
            const V m = mean.at(i, k), c = scale.at(i, k), d = shift.at(i, k);
#pragma GCC unroll 4
            for (dim_t j = 0; j < at_once.value; ++j) {
                const dim_t p = at + j * s.stride + i;
                V y = fma(load(a.x + p, k) - m, c, d);
                if (added) y += load(a.residual + p, k);
                if (relu) y = select(y <= V(), V(), y);
                put<past_cache>(y, a.y + p, k);
            }
        });
    });
    if (past_cache) nt_fence();
}

template <bool runs, class T>
void apply(const Span& s, const Apply<T>& a) {
    choose(a.relu, [&](auto relu) __attribute__((always_inline)) {
        choose(a.residual != nullptr, [&](auto added) __attribute__((always_inline)) {
            choose(a.stream, [&](auto past_cache) __attribute__((always_inline)) {
                apply_as<runs, relu.value, added.value, past_cache.value>(s, a);
            });
        });
    });
}

// dy where it counts; `x` is x - mean.
template <Gate gate, class T>
FASTNN_INLINE Vec<T> gated(const Gated<T>& g, dim_t at, dim_t k, Vec<T> x, Vec<T> scale,
                           Vec<T> shift) {
    using V = Vec<T>;
    const V dy = load(g.dy + at, k);
    if constexpr (gate == Gate::computed) return select(fma(x, scale, shift) <= V(), V(), dy);
    if constexpr (gate == Gate::read) return select(load(g.y + at, k) <= V(), V(), dy);
    return dy;
}

template <Gate gate, bool keep, class T>
FASTNN_INLINE void column_sums_as(const Span& s, const Sums<T>& a) {
    using V = Vec<T>;
    const Coefficient<false, T> mean(a.in.affine.mean + s.column),
        scale(a.in.affine.scale + s.column), shift(a.in.affine.shift + s.column);
    T* sums = a.sum + s.column;
    T* times = a.sum_times + s.column;
    over_vectors<T>(s.width, [&](dim_t i, dim_t k) __attribute__((always_inline)) {
        store(V(), sums + i, k);
        store(V(), times + i, k);
    });
    over_rows(s, [&](dim_t row, dim_t columns, auto at_once) __attribute__((always_inline)) {
        const dim_t at = s.at + row * s.stride;
        over_vectors<T>(columns, [&](dim_t i, dim_t k) __attribute__((always_inline)) {
            constexpr dim_t rows = at_once.value;
            const V m = mean.at(i, k);
            V c, d, g[rows], x[rows];
            if (gate == Gate::computed) c = scale.at(i, k), d = shift.at(i, k);
#pragma GCC unroll 4
            for (dim_t j = 0; j < rows; ++j) {
                const dim_t p = at + j * s.stride + i;
                x[j] = load(a.in.x + p, k) - m;
                g[j] = gated<gate>(a.in, p, k, x[j], c, d);
                if (keep) store(g[j], a.kept + p, k);
            }
            V sum = load(sums + i, k), time = load(times + i, k);
            if constexpr (rows == 4) {
                sum += (g[0] + g[1]) + (g[2] + g[3]);
                time += fma(g[1], x[1], g[0] * x[0]) + fma(g[3], x[3], g[2] * x[2]);
            } else {
                sum += g[0];
                time = fma(g[0], x[0], time);
            }
            store(sum, sums + i, k);
            store(time, times + i, k);
        });
    });
}

// In four sums in turns over blocks, which go on in double.
template <Gate gate, bool keep, class T>
FASTNN_INLINE void run_sums_as(const Span& s, const Sums<T>& a) {
    using V = Vec<T>;
    constexpr dim_t W = V::width, block = kBlock * W;
    const V m = a.in.affine.mean[s.column], c = a.in.affine.scale[s.column],
            d = a.in.affine.shift[s.column];
    double all = 0, all_times = 0;
    for (dim_t begin = 0; begin < s.width; begin += block) {
        const dim_t end = s.width - begin < block ? s.width : begin + block;
        V sum[4], time[4];
        const auto add = [&](dim_t i, dim_t k, V& one, V& other) __attribute__((always_inline)) {
            const V x = load(a.in.x + s.at + i, k) - m;
            V g = gated<gate>(a.in, s.at + i, k, x, c, d);
            if (keep) store(g, a.kept + s.at + i, k);
            one += g;  // beyond the end dy is 0
            other = fma(g, k == W ? x : select(Mask<T>::first(k), x, V()), other);
        };
        dim_t i = begin;
        for (; i + 4 * W <= end; i += 4 * W) {
#pragma GCC unroll 4
            for (dim_t j = 0; j < 4; ++j) add(i + j * W, W, sum[j], time[j]);
        }
        for (; i < end; i += W) add(i, end - i < W ? end - i : W, sum[0], time[0]);
        all += double(sum_of(sum));
        all_times += double(sum_of(time));
    }
    a.sum[s.column] = T(all);
    a.sum_times[s.column] = T(all_times);
}

template <bool runs, class T>
void sums(const Span& s, const Sums<T>& a) {
    const auto run = [&](auto gate, auto keep) __attribute__((always_inline)) {
        if constexpr (runs) {
            run_sums_as<gate.value, keep.value>(s, a);
        } else {
            column_sums_as<gate.value, keep.value>(s, a);
        }
    };
    switch (a.in.gate) {
        case Gate::none: return run(GateAs<Gate::none>{}, Flag<false>{});
        case Gate::computed: return run(GateAs<Gate::computed>{}, Flag<false>{});
        case Gate::read:
            choose(a.kept != nullptr, [&](auto keep) __attribute__((always_inline)) {
                run(GateAs<Gate::read>{}, keep);
            });
    }
}

template <bool runs, Gate gate, bool centered, bool past_cache, class T>
FASTNN_INLINE void slope_as(const Span& s, const Slope<T>& a) {
    using V = Vec<T>;
    const Affine<T>& affine = a.in.affine;
    const Coefficient<runs, T> mean(affine.mean + s.column), scale(affine.scale + s.column),
        shift(affine.shift + s.column);
    const Coefficient<runs, T> slope((centered ? a.slope : affine.mean) + s.column),
        offset((centered ? a.offset : affine.mean) + s.column);
    over_rows(s, [&](dim_t row, dim_t columns, auto at_once) __attribute__((always_inline)) {
        const dim_t at = s.at + row * s.stride;
        over_vectors<T>(columns, [&](dim_t i, dim_t k) __attribute__((always_inline)) {
            constexpr bool reads_x = centered || gate == Gate::computed;
            const V c = scale.at(i, k);
            V m, d, e, f, x;
            if (reads_x) m = mean.at(i, k);
            if (gate == Gate::computed) d = shift.at(i, k);
            if (centered) e = slope.at(i, k), f = offset.at(i, k);
#pragma GCC unroll 4
            for (dim_t j = 0; j < at_once.value; ++j) {
                const dim_t p = at + j * s.stride + i;
                if (reads_x) x = load(a.in.x + p, k) - m;
                const V g = gated<gate>(a.in, p, k, x, c, d);
                put<past_cache>(centered ? fma(g, c, fma(x, e, f)) : g * c, a.dx + p, k);
            }
        });
    });
    if (past_cache) nt_fence();
}

template <bool runs, class T>
void slope(const Span& s, const Slope<T>& a) {
    const auto run = [&](auto gate) __attribute__((always_inline)) {
        choose(a.slope != nullptr, [&](auto centered) __attribute__((always_inline)) {
            choose(a.stream, [&](auto past_cache) __attribute__((always_inline)) {
                slope_as<runs, gate.value, centered.value, past_cache.value>(s, a);
            });
        });
    };
    switch (a.in.gate) {
        case Gate::none: return run(GateAs<Gate::none>{});
        case Gate::computed: return run(GateAs<Gate::computed>{});
        case Gate::read: return run(GateAs<Gate::read>{});
    }
}

template <class T>
constexpr norm::ChannelTypedKernels<T> kTyped{{column_statistics<T>, run_statistics<T>},
                                              {apply<false, T>, apply<true, T>},
                                              {sums<false, T>, sums<true, T>},
                                              {slope<false, T>, slope<true, T>},
                                              merge_statistics<T>,
                                              merge_sums<T>};

constexpr norm::ChannelKernels kTable{kTyped<float>, kTyped<double>};

}  // namespace
}  // namespace fastnn::FASTNN_ISA

FASTNN_KERNELS(norm::ChannelKernels, kTable)
