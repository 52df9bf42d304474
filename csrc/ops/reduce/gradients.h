// The gradients of the reductions, element by element: dx from x, with the factor f and the shift c
// of its output, and the power p.
#pragma once

#include "ops/reduce/terms.h"

namespace fastnn::FASTNN_ISA::gradients {

template <class T>
FASTNN_INLINE Vec<T> sign(Vec<T> x) {
    return select(x == Vec<T>(), x, copysign(Vec<T>(1), x));
}

// c, a power of two, brings the elements near 1, so that neither it nor f leaves the range of T.
struct Scale {
    template <class V>
    static FASTNN_INLINE V dx(V x, V f, V c, V) {
        return f * (x * c);
    }
};

struct Sign {
    template <class V>
    static FASTNN_INLINE V dx(V x, V f, V, V) {
        return f * sign(x);
    }
};

struct Power {
    template <class V>
    static FASTNN_INLINE V dx(V x, V f, V c, V p) {
        const V size = terms::power_of(x * c, p - V(1));
        // At 0 the gradient is 0 for every p, as in PyTorch.
        return select(x == V(), V(), f * copysign(size, x));
    }
};

struct Shift {
    template <class V>
    static FASTNN_INLINE V dx(V x, V f, V c, V) {
        return f * (x - c);
    }
};

struct Exp {
    template <class V>
    static FASTNN_INLINE V dx(V x, V f, V c, V) {
        return f * exp(x - c);
    }
};

struct Equal {
    template <class V>
    static FASTNN_INLINE V dx(V x, V f, V c, V) {
        return select(terms::same(x, c), f, V());
    }
};

struct AbsEqual {
    template <class V>
    static FASTNN_INLINE V dx(V x, V f, V c, V) {
        return select(terms::same(abs(x), c), f * sign(x), V());
    }
};

}  // namespace fastnn::FASTNN_ISA::gradients
