// What all kernels of pooling share: a window as it lies in memory, and the walk over channels.
#pragma once

#include "ops/pool/kernels.h"
#include "simd/stream.h"

namespace fastnn::FASTNN_ISA {
namespace {

using pooling::Axis;
using pooling::Windows;

// R registers of channels: whole ones, or one of which `count` lanes are used.
template <int R, bool whole>
struct Part {
    static constexpr int registers = R;
    long count;

    template <class T>
    FASTNN_INLINE Vec<T> load(const T* p) const {
        return whole ? Vec<T>::load(p) : Vec<T>::load(p, count);
    }
    template <class T>
    FASTNN_INLINE void store(Vec<T> v, T* p, bool past_cache = false) const {
        if (!whole) {
            v.store(p, count);
        } else if (past_cache) {
            stream(v, p);
        } else {
            v.store(p);
        }
    }
    // Places of winners, through a type that knows how they lie in memory.
    template <class P, class Places>
    FASTNN_INLINE auto places(const P* p, Places) const {
        return whole ? Places::load(p) : Places::load(p, count);
    }
};

// f(part, c) for all channels. The last register of many reaches back over some that are done
// already, which get the same numbers once more.
template <class T, class F>
FASTNN_INLINE void over_channels(long begin, long end, F f) {
    constexpr long W = Vec<T>::width;
    long c = begin;
    for (; c + 4 * W <= end; c += 4 * W) f(Part<4, true>{W}, c);
    for (; c + W <= end; c += W) f(Part<1, true>{W}, c);
    if (c == end) return;
    if (end - begin >= W) {
        f(Part<1, true>{W}, end - W);
    } else {
        f(Part<1, false>{end - c}, c);
    }
}

// The part of a window that lies inside: its first number, counted in places of the image, and
// which place of the window that is; how many there are along each axis, and how far apart.
struct Window {
    long at, place;
    long count[3], step[3], pitch[3];
};

FASTNN_INLINE Window window_of(const Windows& w, long d, long h, long v) {
    const Axis *a = &w.axis[0], *b = &w.axis[1], *c = &w.axis[2];
    const long skip[3] = {a->skip[d], b->skip[h], c->skip[v]};
    const long at[3] = {a->origin[d] + skip[0] * a->step, b->origin[h] + skip[1] * b->step,
                        c->origin[v] + skip[2] * c->step};
    return {.at = (at[0] * b->in + at[1]) * c->in + at[2],
            .place = skip[0] * w.pitch[0] + skip[1] * w.pitch[1] + skip[2],
            .count = {a->count[d], b->count[h], c->count[v]},
            .step = {a->step * b->in * c->in, b->step * c->in, c->step},
            .pitch = {w.pitch[0], w.pitch[1], 1}};
}

// f(number, place) for each row of a window, numbers being `c` apart from place to place.
template <class T, class F>
FASTNN_INLINE void over_rows(const Window& w, const T* x, long c, F f) {
    for (long i = 0; i < w.count[0]; ++i) {
        for (long j = 0; j < w.count[1]; ++j) {
            f(x + (i * w.step[0] + j * w.step[1]) * c, w.place + i * w.pitch[0] + j * w.pitch[1]);
        }
    }
}

// Which windows see the inputs of a row (n, d, h): f(row of outputs, place of the row in them).
template <class F>
FASTNN_INLINE void over_seeing_rows(const Windows& w, long n, long d, long h, F f) {
    const Axis &a = w.axis[0], &b = w.axis[1];
    for (long i = 0; i < a.seen_count[d]; ++i) {
        const long od = a.seen[d] + i * a.out_step;
        for (long j = 0; j < b.seen_count[h]; ++j) {
            const long oh = b.seen[h] + j * b.out_step;
            f(od, oh, (n * a.out + od) * b.out + oh);
        }
    }
}

// Which place of window o input i is.
FASTNN_INLINE long place_of(const Axis& a, long i, long o) {
    const long distance = i - a.origin[o];
    return a.step == 1 ? distance : distance / a.step;
}

}  // namespace
}  // namespace fastnn::FASTNN_ISA
