// Reductions of a row that several families need.
#pragma once

#include "vec.h"

namespace fastnn::FASTNN_ISA {

// The largest of n numbers, or -inf. max(x, m) ignores NaN in x; it propagates in the caller's
// x - max.
template <class T>
FASTNN_INLINE T row_max(const T* x, dim_t n) {
    using V = Vec<T>;
    const V lowest = T(-__builtin_inf());
    V m0 = lowest, m1 = lowest;
    dim_t i = 0;
    for (; i + 2 * V::width <= n; i += 2 * V::width) {
        m0 = max(V::load(x + i), m0);
        m1 = max(V::load(x + i + V::width), m1);
    }
    for (; i < n; i += V::width) {
        const dim_t rest = n - i < V::width ? n - i : V::width;
        m0 = max(select(Mask<T>::first(rest), V::load(x + i, rest), lowest), m0);
    }
    return max_lane(max(m0, m1));
}

// The sum of f(x) over n numbers, in four independent sums; lanes beyond the end are not counted.
template <class T, class F>
FASTNN_INLINE T row_sum(const T* x, dim_t n, F f) {
    using V = Vec<T>;
    constexpr dim_t W = V::width;
    V a, b, c, d;
    dim_t i = 0;
    for (; i + 4 * W <= n; i += 4 * W) {
        a += f(V::load(x + i));
        b += f(V::load(x + i + W));
        c += f(V::load(x + i + 2 * W));
        d += f(V::load(x + i + 3 * W));
    }
    for (; i + W <= n; i += W) a += f(V::load(x + i));
    if (i < n) b += select(Mask<T>::first(n - i), f(V::load(x + i, n - i)), V());
    return sum((a + b) + (c + d));
}

}  // namespace fastnn::FASTNN_ISA
