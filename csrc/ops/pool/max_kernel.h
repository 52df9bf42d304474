// The largest number of each window and its place; its gradient.
#pragma once

#include "core/integer.h"
#include "ops/pool/channels_kernel.h"
#include "simd/bytes.h"

namespace fastnn::FASTNN_ISA {
namespace {

using pooling::MaxBackwardRows;
using pooling::MaxRows;

// Places are integers in the bits of a Vec<T>, so that they are selected with the numbers.
template <class V, class T>
FASTNN_INLINE V place_bits(dim_t place) {
    return V::from_bits(typename V::Int{} + typename Format<T>::Int(place));
}

// As many places as a register of T has lanes, stored in memory as P.
template <class T, class P>
struct Places {
    typedef P Reg __attribute__((vector_size(sizeof(P) * Vec<T>::width)));
    using Int = typename Vec<T>::Int;

    static FASTNN_INLINE Int load(const P* p) {
        if constexpr (sizeof(P) == 1) return load_bytes<T>(p);
        Reg r;
        __builtin_memcpy(&r, p, sizeof r);
        return __builtin_convertvector(r, Int);
    }
    static FASTNN_INLINE void store(Int places, P* p) {
        if constexpr (sizeof(P) == 1) {
            store_bytes<T>(places, p);
        } else {
            const Reg r = __builtin_convertvector(places, Reg);
            __builtin_memcpy(p, &r, sizeof r);
        }
    }
    static FASTNN_INLINE Int load(const P* p, dim_t n) {
        if constexpr (sizeof(P) == 1) return load_bytes<T>(p, n);
        P all[Vec<T>::width] = {};
        for (dim_t i = 0; i < n; ++i) all[i] = p[i];
        return load(all);
    }
    static FASTNN_INLINE void store(Int places, P* p, dim_t n) {
        if constexpr (sizeof(P) == 1) {
            store_bytes<T>(places, p, n);
        } else {
            for (dim_t i = 0; i < n; ++i) p[i] = P(places[i]);
        }
    }
    // dy where this place has won, 0 elsewhere.
    static FASTNN_INLINE Vec<T> masked(Vec<T> dy, Int won, Int here) {
        return Vec<T>::from_bits(bits(dy) & (won == here));
    }
};

// Elements between a prefetch and its use. The hardware prefetches less far, since several rows are
// read in turn: this is a sixth faster.
constexpr dim_t kAhead = 512;

// P: type of the places, void where they are not wanted.
template <class P, class V, int R, bool whole, class T>
FASTNN_INLINE void best_of(const Window& w, Part<V, R, whole> part, const T* x, dim_t c, T* y,
                           P* place) {
    constexpr bool placed = !__is_same(P, void);
    constexpr dim_t W = V::width;
    V best[R], at[R];
    for (int r = 0; r < R; ++r) {
        best[r] = V(T(-__builtin_inf()));
        at[r] = place_bits<V, T>(w.place);
    }
    over_rows(w, x, c, [&](const T* p, dim_t k) __attribute__((always_inline)) {
        for (dim_t i = 0; i < w.count[2]; ++i, p += w.step[2] * c, ++k) {
            const V here = place_bits<V, T>(k);
#pragma GCC unroll 4
            for (int r = 0; r < R; ++r) {
                __builtin_prefetch(p + r * W + kAhead);
                const V v = part.load(p + r * W);
                const auto wins = (v > best[r]) | (v != v);
                best[r] = select(wins, v, best[r]);
                if (placed) at[r] = select(wins, here, at[r]);
            }
        }
    });
    for (int r = 0; r < R; ++r) {
        part.store(best[r], y + r * W);
        if constexpr (placed) {
            if constexpr (whole) {
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
    for (dim_t row = r.begin; row < r.end; ++row) {
        const dim_t n = row / h.out / d.out;
        const T* image = r.x + n * d.in * h.in * v.in * w.c;
        for (dim_t i = 0; i < v.out; ++i) {
            const Window window = window_of(w, row / h.out % d.out, row % h.out, i);
            const T* x = image + window.at * w.c;
            const dim_t at = (row * v.out + i) * w.c;
            over_channels<T>(r.c_begin, r.c_end,
                             [&](auto part, dim_t c) __attribute__((always_inline)) {
                                 P* place = nullptr;
                                 if constexpr (!__is_same(P, void))
                                     place = static_cast<P*>(r.place) + at + c;
                                 best_of<P>(window, part, x + c, w.c, r.y + at + c, place);
                             });
        }
    }
}

// With fewer channels, addressing a place costs more than a register of them saves.
constexpr dim_t kGatherChannels = 4;

// The gradient of a row of inputs with fewer channels: each window whose winner is in this row adds
// there, in the order in which an input would gather.
template <class P, class T>
FASTNN_INLINE void scatter_to_row(const Windows& w, dim_t row, const T* dy, const P* place, T* dx) {
    const Axis &d = w.axis[0], &h = w.axis[1], &v = w.axis[2];
    const dim_t c = w.c, n = row / h.in / d.in;
    for (dim_t i = 0; i < v.in * c; ++i) dx[i] = 0;
    over_out_rows(w, n, row / h.in % d.in, row % h.in,
                  [&](dim_t, dim_t, dim_t out, dim_t above) __attribute__((always_inline)) {
                      const T* from = dy + out * v.out * c;
                      const P* won = place + out * v.out * c;
                      for (dim_t o = 0; o < v.out; ++o) {
                          const dim_t origin = v.origin[o];
                          for (dim_t q = 0; q < c; ++q, ++from, ++won) {
                              const dim_t k = dim_t(*won) - above, at = origin + k * v.step;
                              const bool here = (std::size_t)k < (std::size_t)w.pitch[1] &&
                                                (std::size_t)at < (std::size_t)v.in;
                              if (here) dx[at * c + q] += *from;
                          }
                      }
                  });
}

// Each input gathers from the windows that contain it, so that dx is written once, in order.
template <class P, class T>
void max_backward_rows(const MaxBackwardRows<T>& r) {
    const Windows& w = *r.windows;
    const Axis &d = w.axis[0], &h = w.axis[1], &v = w.axis[2];
    const auto* place = static_cast<const P*>(r.place);
    for (dim_t row = r.begin; row < r.end; ++row) {
        if (w.c < kGatherChannels) {
            scatter_to_row(w, row, r.dy, place, r.dx + row * v.in * w.c);
            continue;
        }
        const dim_t n = row / h.in / d.in, id = row / h.in % d.in, ih = row % h.in;
        for (dim_t i = 0; i < v.in; ++i) {
            T* dx = r.dx + (row * v.in + i) * w.c;
            over_channels<T>(
                r.c_begin, r.c_end, [&](auto part, dim_t c) __attribute__((always_inline)) {
                    using V = typename decltype(part)::Vector;
                    using Found = Places<T, P>;
                    constexpr int R = decltype(part)::registers, W = V::width;
                    V sum[R];
                    over_out_rows(
                        w, n, id, ih,
                        [&](dim_t, dim_t, dim_t out, dim_t above) __attribute__((always_inline)) {
                            for (dim_t k = 0; k < v.out_count[i]; ++k) {
                                const dim_t o = v.first_out[i] + k * v.out_step;
                                const auto here =
                                    bits(place_bits<V, T>(above + place_of(v, i, o, k)));
                                const dim_t at = (out * v.out + o) * w.c + c;
#pragma GCC unroll 4
                                for (int q = 0; q < R; ++q) {
                                    const P* from = place + at + q * W;
                                    const auto won = decltype(part)::all
                                                         ? Found::load(from)
                                                         : Found::load(from, part.count);
                                    const V dy = part.load(r.dy + at + q * W);
                                    sum[q] += Found::masked(dy, won, here);
                                }
                            }
                        });
                    for (int q = 0; q < R; ++q) part.store(sum[q], dx + c + q * W, r.stream);
                });
        }
    }
    if (r.stream) nt_fence();
}

}  // namespace
}  // namespace fastnn::FASTNN_ISA
