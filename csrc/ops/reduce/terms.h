// What reductions compute: how two partial results are combined, and the function of each element.
#pragma once

#include "simd/math.h"
#include "simd/vec.h"

namespace fastnn::FASTNN_ISA::terms {

// -- combining: on registers, on the accumulators in double, and over the lanes of one register --

struct Add {
    static constexpr double identity = 0;
    template <class V>
    static FASTNN_INLINE V combine(V a, V b) {
        return a + b;
    }
    template <class T>
    static FASTNN_INLINE T lanes(Vec<T> v) {
        return sum(v);
    }
};

struct Multiply {
    static constexpr double identity = 1;
    template <class V>
    static FASTNN_INLINE V combine(V a, V b) {
        return a * b;
    }
    template <class T>
    static FASTNN_INLINE T lanes(Vec<T> v) {
        T p = v.lane(0);
        for (int i = 1; i < Vec<T>::width; ++i) p *= v.lane(i);
        return p;
    }
};

// min and max of Vec return their second argument where either is NaN, so a NaN in `a` is selected
// explicitly.
struct Larger {
    static constexpr double identity = -__builtin_inf();
    template <class T>
    static FASTNN_INLINE Vec<T> combine(Vec<T> a, Vec<T> b) {
        return select(a != a, a, max(a, b));
    }
    static FASTNN_INLINE double combine(double a, double b) { return a != a || a > b ? a : b; }
    template <class T>
    static FASTNN_INLINE T lanes(Vec<T> v) {
        return any(v != v) ? T(__builtin_nan("")) : max_lane(v);
    }
};

struct Smaller {
    static constexpr double identity = __builtin_inf();
    template <class T>
    static FASTNN_INLINE Vec<T> combine(Vec<T> a, Vec<T> b) {
        return select(a != a, a, min(a, b));
    }
    static FASTNN_INLINE double combine(double a, double b) { return a != a || a < b ? a : b; }
    template <class T>
    static FASTNN_INLINE T lanes(Vec<T> v) {
        return any(v != v) ? T(__builtin_nan("")) : min_lane(v);
    }
};

// -- mapping: x an element, c the shift of its output, p the power; `unroll` registers at a time --

struct Same {
    static constexpr int unroll = 8;
    template <class V>
    static FASTNN_INLINE V map(V x, V, V) {
        return x;
    }
};

struct Abs {
    static constexpr int unroll = 8;
    template <class V>
    static FASTNN_INLINE V map(V x, V, V) {
        return abs(x);
    }
};

struct NonZero {
    static constexpr int unroll = 4;
    template <class V>
    static FASTNN_INLINE V map(V x, V, V) {
        return select(x != V(), V(1), V());
    }
};

struct Square {
    static constexpr int unroll = 8;
    template <class V>
    static FASTNN_INLINE V map(V x, V, V) {
        return x * x;
    }
};

// |x|^p as exp(p log |x|); right for 0 and infinity, too.
template <class V>
FASTNN_INLINE V power_of(V x, V p) {
    return exp(p * log(abs(x)));
}

struct Power {
    static constexpr int unroll = 1;
    template <class V>
    static FASTNN_INLINE V map(V x, V, V p) {
        return power_of(x, p);
    }
};

struct SquareShift {
    static constexpr int unroll = 8;
    template <class V>
    static FASTNN_INLINE V map(V x, V c, V) {
        const V d = x - c;
        return d * d;
    }
};

struct ExpShift {
    static constexpr int unroll = 2;
    template <class V>
    static FASTNN_INLINE V map(V x, V c, V) {
        return exp(x - c);
    }
};

template <class T>
FASTNN_INLINE Mask<T> same(Vec<T> x, Vec<T> c) {
    return (x == c) | ((x != x) & (c != c));
}

struct Equal {
    static constexpr int unroll = 4;
    template <class V>
    static FASTNN_INLINE V map(V x, V c, V) {
        return select(same(x, c), V(1), V());
    }
};

struct AbsEqual {
    static constexpr int unroll = 4;
    template <class V>
    static FASTNN_INLINE V map(V x, V c, V) {
        return select(same(abs(x), c), V(1), V());
    }
};

}  // namespace fastnn::FASTNN_ISA::terms
