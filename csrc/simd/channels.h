// The loop over the channels of channels-last images.
#pragma once

#include "nt_store.h"

namespace fastnn::FASTNN_ISA {

// One number with the interface of Vec<T>, for sums of single channels.
template <class T>
struct Lane {
    static constexpr int width = 1;
    T v;

    FASTNN_INLINE Lane() : v{} {}
    FASTNN_INLINE Lane(T x) : v(x) {}
    static FASTNN_INLINE Lane load(const T* p) { return *p; }
    FASTNN_INLINE void store(T* p) const { *p = v; }
    friend FASTNN_INLINE Lane operator*(Lane a, Lane b) { return a.v * b.v; }
    friend FASTNN_INLINE Lane operator/(Lane a, Lane b) { return a.v / b.v; }
    FASTNN_INLINE Lane& operator+=(Lane b) {
        v += b.v;
        return *this;
    }
    friend FASTNN_INLINE Lane fma(Lane a, Lane b, Lane c) { return a.v * b.v + c.v; }
};

// R registers of channels: whole ones, or one of which `count` lanes are used.
template <class V, int R, bool whole>
struct Part {
    using Vector = V;
    static constexpr int registers = R;
    static constexpr bool all = whole;
    dim_t count;

    template <class T>
    FASTNN_INLINE V load(const T* p) const {
        if constexpr (whole) {
            return V::load(p);
        } else {
            return V::load(p, count);
        }
    }
    template <class T>
    FASTNN_INLINE void store(V v, T* p, bool past_cache = false) const {
        if constexpr (V::width == 1) {
            v.store(p);
        } else if constexpr (!whole) {
            v.store(p, count);
        } else if (past_cache) {
            nt_store(v, p);
        } else {
            v.store(p);
        }
    }
};

// f(part, c) for all channels. If there is at least a register of them, the last register overlaps
// the one before: f must give the same results for a channel that it computes twice.
// `singly`: a single channel is a Lane, which is faster for sums.
template <class T, bool singly = false, class F>
FASTNN_INLINE void over_channels(dim_t begin, dim_t end, F f) {
    using V = Vec<T>;
    constexpr dim_t W = V::width;
    dim_t c = begin;
    for (; c + 4 * W <= end; c += 4 * W) f(Part<V, 4, true>{W}, c);
    for (; c + W <= end; c += W) f(Part<V, 1, true>{W}, c);
    if (c == end) return;
    if (end - begin >= W) {
        f(Part<V, 1, true>{W}, end - W);
        return;
    }
    if constexpr (singly) {
        if (end - begin == 1) {
            f(Part<Lane<T>, 1, true>{1}, c);
            return;
        }
    }
    f(Part<V, 1, false>{end - c}, c);
}

}  // namespace fastnn::FASTNN_ISA
