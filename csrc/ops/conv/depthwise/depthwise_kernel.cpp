#include "core/integer.h"
#include "ops/conv/depthwise/kernels.h"
#include "simd/register.h"
#include "simd/spread.h"
#include "simd/vec.h"

namespace fastnn::FASTNN_ISA {
namespace {

using conv::DepthwiseRow;

// Outputs computed together: each tap's weights, and pixels that several outputs meet, are loaded
// once for all of them.
constexpr int kTogether = 4;

// f<q>() for each channel q of a group.
template <int G, int q = 0, class F>
FASTNN_INLINE void each_channel(F f) {
    f.template operator()<q>();
    if constexpr (q + 1 < G) each_channel<G, q + 1>(f);
}

struct Taps {
    dim_t begin, end;
};

// P vectors, P = 1 or 4, by name: an array that lives across a loop GCC 12 keeps in memory.
template <class T, int P>
struct Sums {
    Vec<T> v0, v1, v2, v3;
    template <class F>
    FASTNN_INLINE void each(F f) {
        f(v0, 0);
        if constexpr (P > 1) {
            f(v1, 1);
            f(v2, 2);
            f(v3, 3);
        }
    }
};

// f(channel, load, store) for whole vectors of channels, then for the rest.
template <class T, class F>
FASTNN_INLINE void over_channels(dim_t channels, F f) {
    using V = Vec<T>;
    constexpr dim_t W = V::width;
    dim_t j = 0;
    for (; j + W <= channels; j += W) {
        f(
            j, [](const T* p) __attribute__((always_inline)) { return V::load(p); },
            [](T* p, V v) __attribute__((always_inline)) { v.store(p); });
    }
    if (const dim_t n = channels - j; n > 0) {
        f(
            j, [n](const T* p) __attribute__((always_inline)) { return V::load(p, n); },
            [n](T* p, V v) __attribute__((always_inline)) { v.store(p, n); });
    }
}

template <class T, int P, class Load, class Store>
FASTNN_INLINE void finish(const DepthwiseRow<T>& d, dim_t u, dim_t j, Sums<T, P>& sums, Load load,
                          Store store) {
    using V = Vec<T>;
    const dim_t first = u * d.y_step + j;
    if (!d.plain) {
        const Epilogue<T>& e = d.epilogue;
        V bias, zero;
        if (e.bias != nullptr) bias = load(e.bias + j);
        sums.each([&](V& sum, int p) __attribute__((always_inline)) {
            if (e.bias != nullptr) sum += bias;
            if (e.residual != nullptr) sum += load(e.residual + first + p * d.y_step);
            if (e.relu_in_registers()) sum = select(sum <= zero, zero, sum);  // NaN stays NaN
        });
    }
    T* const y = d.y + first;
    sums.each([&](V& sum, int p) __attribute__((always_inline)) { store(y + p * d.y_step, sum); });
}

// P outputs from u on, each with the same taps.
template <class T, int G, int P>
void any_outputs(const DepthwiseRow<T>& d, dim_t u, Taps taps) {
    using V = Vec<T>;
    const dim_t stride = d.channel_stride, step = d.in_step * stride, tap = d.tap_step * stride;
    over_channels<T>(
        d.channels, [&](dim_t j, auto load, auto store) __attribute__((always_inline)) {
            Sums<T, P> sums;
            for (dim_t r = 0; r < d.rows; ++r) {
                const T* const x = d.x[r] + (d.in_step * u + d.offset) * stride + j;
                const T* const w = d.w[r] + j;
                for (dim_t t = taps.begin; t < taps.end; ++t) {
                    each_channel<G>([&]<int q>() __attribute__((always_inline)) {
                        const V k = load(w + t * d.w_step + q * d.w_channel);
                        sums.each([&](V& sum, int p) __attribute__((always_inline)) {
                            sum = fma(spread<G, q>(load(x + p * step + t * tap)), k, sum);
                        });
                    });
                }
            }
            finish(d, u, j, sums, load, store);
        });
}

// P outputs from u on that meet pixels with all of K neighbouring taps, in steps of S pixels.
template <class T, int G, int K, int S, int P>
void some_outputs(const DepthwiseRow<T>& d, dim_t u) {
    using V = Vec<T>;
    const dim_t stride = d.channel_stride;
    constexpr int pixels = (P - 1) * S + K;
    // A row of x is fetched while the outputs before it are computed.
    const T* const ahead = d.ahead != nullptr ? d.ahead + (S * u + d.offset) * stride : d.x[0];
    const dim_t ahead_step = d.ahead != nullptr ? stride : 0;
    over_channels<T>(d.channels,
                     [&](dim_t j, auto load, auto store) __attribute__((always_inline)) {
                         Sums<T, P> sums;
#pragma GCC unroll 8
                         for (int i = 0; i < P * S; ++i)
                             __builtin_prefetch(ahead + (K - S + i) * ahead_step + j, 0, 2);
                         for (dim_t r = 0; r < d.rows; ++r) {
                             const T* const x = d.x[r] + (S * u + d.offset) * stride + j;
                             const T* const w = d.w[r] + j;
                             V in[pixels];
#pragma GCC unroll 16
                             for (int i = 0; i < pixels; ++i)
                                 in[i] = in_register(load(x + i * stride));
                             each_channel<G>([&]<int q>() __attribute__((always_inline)) {
                                 V one[pixels];
#pragma GCC unroll 16
                                 for (int i = 0; i < pixels; ++i) one[i] = spread<G, q>(in[i]);
#pragma GCC unroll 8
                                 for (int t = 0; t < K; ++t) {
                                     const V k = load(w + t * d.w_step + q * d.w_channel);
                                     sums.each([&](V& sum, int p) __attribute__((always_inline)) {
                                         sum = fma(one[p * S + t], k, sum);
                                     });
                                 }
                             });
                         }
                         finish(d, u, j, sums, load, store);
                     });
}

template <class T, int G, int P>
void any_weights(const DepthwiseRow<T>& d, dim_t u, Taps taps) {
    using V = Vec<T>;
    const dim_t stride = d.channel_stride, step = d.in_step * stride, tap = d.tap_step * stride;
    over_channels<T>(
        d.channels, [&](dim_t j, auto load, auto store) __attribute__((always_inline)) {
            Sums<T, P> g;
            g.each([&](V& v, int p)
                       __attribute__((always_inline)) { v = load(d.dy + (u + p) * d.y_step + j); });
            for (dim_t r = 0; r < d.rows; ++r) {
                const T* const x = d.x[r] + (d.in_step * u + d.offset) * stride + j;
                for (dim_t t = taps.begin; t < taps.end; ++t) {
                    each_channel<G>([&]<int q>() __attribute__((always_inline)) {
                        T* const out = d.dw[r] + t * d.w_step + q * d.w_channel + j;
                        V sum = load(out);
                        g.each([&](V& v, int p) __attribute__((always_inline)) {
                            sum = fma(spread<G, q>(load(x + p * step + t * tap)), v, sum);
                        });
                        store(out, sum);
                    });
                }
            }
        });
}

template <class T, int G, int K, int S, int P>
void some_weights(const DepthwiseRow<T>& d, dim_t u) {
    using V = Vec<T>;
    const dim_t stride = d.channel_stride;
    constexpr int pixels = (P - 1) * S + K;
    over_channels<T>(
        d.channels, [&](dim_t j, auto load, auto store) __attribute__((always_inline)) {
            Sums<T, P> g;
            g.each([&](V& v, int p)
                       __attribute__((always_inline)) { v = load(d.dy + (u + p) * d.y_step + j); });
            for (dim_t r = 0; r < d.rows; ++r) {
                const T* const x = d.x[r] + (S * u + d.offset) * stride + j;
                T* const out = d.dw[r] + j;
                V in[pixels];
#pragma GCC unroll 16
                for (int i = 0; i < pixels; ++i) in[i] = in_register(load(x + i * stride));
                each_channel<G>([&]<int q>() __attribute__((always_inline)) {
                    V one[pixels];
#pragma GCC unroll 16
                    for (int i = 0; i < pixels; ++i) one[i] = spread<G, q>(in[i]);
#pragma GCC unroll 8
                    for (int t = 0; t < K; ++t) {
                        T* const at = out + t * d.w_step + q * d.w_channel;
                        V sum = load(at);
                        g.each([&](V& v, int p) __attribute__((always_inline)) {
                            sum = fma(one[p * S + t], v, sum);
                        });
                        store(at, sum);
                    }
                });
            }
        });
}

// The taps with which output u meets pixels.
template <class T>
Taps taps_inside(const DepthwiseRow<T>& d, dim_t u) {
    const dim_t first = d.in_step * u + d.offset;
    const dim_t begin = first < 0 ? ceil_div(-first, d.tap_step) : 0;
    const dim_t end = first < d.size ? ceil_div(d.size - first, d.tap_step) : 0;
    return {begin, end < d.taps ? end : d.taps};
}

// f(u, taps) for outputs at the edges, together(u) and one(u) for those between.
template <class T, class Edge, class Together, class One>
FASTNN_INLINE void walk(const DepthwiseRow<T>& d, Edge edge, Together together, One one) {
    dim_t u = 0;
    for (; u < d.begin; ++u) edge(u, taps_inside(d, u));
    for (; u + kTogether <= d.end; u += kTogether) together(u);
    for (; u < d.end; ++u) one(u);
    for (; u < d.count; ++u) edge(u, taps_inside(d, u));
}

template <class T, int G, int K, int S>
void walk_outputs(const DepthwiseRow<T>& d) {
    walk(
        d, [&](dim_t u, Taps taps) { any_outputs<T, G, 1>(d, u, taps); },
        [&](dim_t u) {
            if constexpr (K > 0) {
                some_outputs<T, G, K, S, kTogether>(d, u);
            } else {
                any_outputs<T, G, kTogether>(d, u, {0, d.taps});
            }
        },
        [&](dim_t u) { any_outputs<T, G, 1>(d, u, {0, d.taps}); });
}

template <class T, int G, int K, int S>
void walk_weights(const DepthwiseRow<T>& d) {
    walk(
        d, [&](dim_t u, Taps taps) { any_weights<T, G, 1>(d, u, taps); },
        [&](dim_t u) {
            if constexpr (K > 0) {
                some_weights<T, G, K, S, kTogether>(d, u);
            } else {
                any_weights<T, G, kTogether>(d, u, {0, d.taps});
            }
        },
        [&](dim_t u) { any_weights<T, G, 1>(d, u, {0, d.taps}); });
}

// Calls f with the kernels that are unrolled, or <0, 0>.
template <class T, class F>
FASTNN_INLINE void choose(const DepthwiseRow<T>& d, F f) {
    const bool neighbours = d.tap_step == 1;
    if (neighbours && d.in_step == 1 && d.taps == 3) return f.template operator()<3, 1>();
    if (neighbours && d.in_step == 1 && d.taps == 5) return f.template operator()<5, 1>();
    if (neighbours && d.in_step == 1 && d.taps == 7) return f.template operator()<7, 1>();
    if (neighbours && d.in_step == 2 && d.taps == 3) return f.template operator()<3, 2>();
    f.template operator()<0, 0>();
}

template <class T, int G>
void outputs(const DepthwiseRow<T>& d) {
    choose(d, [&]<int K, int S>() __attribute__((always_inline)) { walk_outputs<T, G, K, S>(d); });
}

template <class T, int G>
void weights(const DepthwiseRow<T>& d) {
    choose(d, [&]<int K, int S>() __attribute__((always_inline)) { walk_weights<T, G, K, S>(d); });
}

// Groups of G channels, fewer than a register has lanes.
template <class T, int G>
constexpr conv::DepthwiseRows<T> rows() {
    if constexpr (G < Vec<T>::width || G == 1) {
        return {outputs<T, G>, weights<T, G>};
    } else {
        return {};
    }
}

template <class T>
constexpr conv::DepthwiseKernels<T> kDepthwise{
    {rows<T, 1>(), rows<T, 2>(), rows<T, 4>(), rows<T, 8>()}};

}  // namespace
}  // namespace fastnn::FASTNN_ISA

FASTNN_KERNELS(conv::DepthwiseKernels<float>, kDepthwise<float>)
FASTNN_KERNELS(conv::DepthwiseKernels<double>, kDepthwise<double>)
