// The largest number of each window and its place; gradients gathered by those who won.
#pragma once

#include "ops/pool/channels_kernel.h"

namespace fastnn::FASTNN_ISA {
namespace {

using pooling::MaxBackwardRows;
using pooling::MaxRows;

// Places are kept in the bits of a Vec<T>, as integers of its width.
template <class T>
FASTNN_INLINE Vec<T> place_bits(long place) {
    using Int = typename Vec<T>::Int;
    using One = typename Format<T>::Int;
    return Vec<T>::from_bits(Int{} + One(place));
}

// As many places as a register of T has lanes, in memory as P.
template <class T, class P>
struct Places {
    typedef P Reg __attribute__((vector_size(sizeof(P) * Vec<T>::width)));
    using Int = typename Vec<T>::Int;

    static FASTNN_INLINE Int load(const P* p) {
        Reg r;
        __builtin_memcpy(&r, p, sizeof r);
        return __builtin_convertvector(r, Int);
    }
    static FASTNN_INLINE void store(Int places, P* p) {
        const Reg r = __builtin_convertvector(places, Reg);
        __builtin_memcpy(p, &r, sizeof r);
    }
    static FASTNN_INLINE Int load(const P* p, long n) {
        P all[Vec<T>::width] = {};
        for (long i = 0; i < n; ++i) all[i] = p[i];
        return load(all);
    }
    static FASTNN_INLINE void store(Int places, P* p, long n) {
        for (long i = 0; i < n; ++i) p[i] = P(places[i]);
    }
};

// P: type of the places, void where they are not wanted.
template <class P, int R, bool whole, class T>
FASTNN_INLINE void best_of(const Window& w, Part<R, whole> part, const T* x, long c, T* y,
                           P* place) {
    using V = Vec<T>;
    constexpr bool placed = !__is_same(P, void);
    constexpr long W = V::width;
    V best[R], at[R];
    for (int r = 0; r < R; ++r) {
        best[r] = V(T(-__builtin_inf()));
        at[r] = place_bits<T>(w.place);
    }
    over_rows(w, x, c, [&](const T* p, long k) __attribute__((always_inline)) {
        for (long i = 0; i < w.count[2]; ++i, p += w.step[2] * c, ++k) {
            const V here = place_bits<T>(k);
#pragma GCC unroll 4
            for (int r = 0; r < R; ++r) {
                const V v = part.load(p + r * W);
                const Mask<T> wins = (v > best[r]) | (v != v);
                best[r] = select(wins, v, best[r]);
                if (placed) at[r] = select(wins, here, at[r]);
            }
        }
    });
    for (int r = 0; r < R; ++r) {
        part.store(best[r], y + r * W);
        if constexpr (placed) {
            if (whole) {
                Places<T, P>::store(bits(at[r]), place + r * W);
            } else {
                Places<T, P>::store(bits(at[r]), place, part.count);
            }
        }
    }
}

template <class P, class T>
void max_rows(const MaxRows<T>& r) {
    const Windows& w = *r.windows;
    const Axis &d = w.axis[0], &h = w.axis[1], &v = w.axis[2];
    for (long row = r.begin; row < r.end; ++row) {
        const long n = row / h.out / d.out;
        const T* image = r.x + n * d.in * h.in * v.in * w.c;
        for (long i = 0; i < v.out; ++i) {
            const Window window = window_of(w, row / h.out % d.out, row % h.out, i);
            const T* x = image + window.at * w.c;
            const long at = (row * v.out + i) * w.c;
            over_channels<T>(r.c_begin, r.c_end,
                             [&](auto part, long c) __attribute__((always_inline)) {
                                 P* place = nullptr;
                                 if constexpr (!__is_same(P, void))
                                     place = static_cast<P*>(r.place) + at + c;
                                 best_of<P>(window, part, x + c, w.c, r.y + at + c, place);
                             });
        }
    }
}

// Each input gathers from the windows that see it: so dx is written once, in order.
template <class P, class T>
void max_backward_rows(const MaxBackwardRows<T>& r) {
    using V = Vec<T>;
    constexpr long W = V::width;
    const Windows& w = *r.windows;
    const Axis &d = w.axis[0], &h = w.axis[1], &v = w.axis[2];
    const auto* place = static_cast<const P*>(r.place);
    for (long row = r.begin; row < r.end; ++row) {
        const long n = row / h.in / d.in, id = row / h.in % d.in, ih = row % h.in;
        for (long i = 0; i < v.in; ++i) {
            T* dx = r.dx + (row * v.in + i) * w.c;
            over_channels<T>(
                r.c_begin, r.c_end, [&](auto part, long c) __attribute__((always_inline)) {
                    constexpr int R = decltype(part)::registers;
                    V sum[R];
                    over_seeing_rows(
                        w, n, id, ih,
                        [&](long od, long oh, long out) __attribute__((always_inline)) {
                            const long above =
                                place_of(d, id, od) * w.pitch[0] + place_of(h, ih, oh) * w.pitch[1];
                            for (long k = 0; k < v.seen_count[i]; ++k) {
                                const long o = v.seen[i] + k * v.out_step;
                                const auto here = bits(place_bits<T>(above + place_of(v, i, o)));
                                const long at = (out * v.out + o) * w.c + c;
#pragma GCC unroll 4
                                for (int q = 0; q < R; ++q) {
                                    const auto won =
                                        part.places(place + at + q * W, Places<T, P>{});
                                    const V dy = part.load(r.dy + at + q * W);
                                    sum[q] += V::from_bits(bits(dy) & (won == here));
                                }
                            }
                        });
                    for (int q = 0; q < R; ++q) part.store(sum[q], dx + c + q * W, r.stream);
                });
        }
    }
    if (r.stream) stream_fence();
}

}  // namespace
}  // namespace fastnn::FASTNN_ISA
