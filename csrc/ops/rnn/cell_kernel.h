// What the cells of all kinds share.
#pragma once

#include "ops/rnn/rnn.h"
#include "simd/math.h"

namespace fastnn::FASTNN_ISA {

// f(i, j, load, store) for every vector of a rows x units block.
template <class T, class F>
FASTNN_INLINE void over(long rows, long units, F f) {
    using V = Vec<T>;
    for (long i = 0; i < rows; ++i) {
        long j = 0;
        for (; j + V::width <= units; j += V::width) {
            f(
                i, j, [](const T* p) __attribute__((always_inline)) { return V::load(p); },
                [](T* p, V x) __attribute__((always_inline)) { x.store(p); });
        }
        if (const long n = units - j; n > 0) {
            f(
                i, j, [n](const T* p) __attribute__((always_inline)) { return V::load(p, n); },
                [n](T* p, V x) __attribute__((always_inline)) { x.store(p, n); });
        }
    }
}

// dh of one vector.
template <class T, class Load>
FASTNN_INLINE Vec<T> slope(const rnn::Backward<T>& s, long i, long j, Load load) {
    Vec<T> dh;
    if (s.product != nullptr) {
        dh = load(s.product + i * s.product_row + j);
        if (s.mask != nullptr) dh *= load(s.mask + i * s.mask_row + j);
    }
    if (s.dy != nullptr) dh += load(s.dy + i * s.dy_row + j);
    if (s.carry != nullptr) dh += load(s.carry + i * s.carry_row + j);
    return dh;
}

}  // namespace fastnn::FASTNN_ISA
