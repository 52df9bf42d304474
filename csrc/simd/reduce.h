// Reductions of a row that several families need.
#pragma once

#include "vec.h"

namespace fastnn::FASTNN_ISA {

// The largest of n numbers, -inf of none. max(x, m) passes over NaN in x; callers meet it again in
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

}  // namespace fastnn::FASTNN_ISA
