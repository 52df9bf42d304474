// One lane of every group of lanes, spread over its group.
#pragma once

#include "vec.h"

namespace fastnn::FASTNN_ISA {

// Index i / group * group + from for lane i; `i` counts the lanes.
template <int n, int... i>
struct SpreadLanes : SpreadLanes<n - 1, n - 1, i...> {};
template <int... i>
struct SpreadLanes<0, i...> {
    template <int group, int from, class Int, class Reg>
    static FASTNN_INLINE Reg of(Reg a) {
#ifdef __clang__
        return __builtin_shufflevector(a, a, (i / group * group + from)...);
#else
        return __builtin_shuffle(a, Int{(i / group * group + from)...});
#endif
    }
};

// Lane `from` of each group of `group` neighbours, in all of its lanes. The width is a multiple of
// the group.
template <int group, int from, class T>
FASTNN_INLINE Vec<T> spread(Vec<T> x) {
    if constexpr (group == 1) return x;
    using V = Vec<T>;
    return V(
        typename V::Reg(SpreadLanes<V::width>::template of<group, from, typename V::Int>(x.v)));
}

}  // namespace fastnn::FASTNN_ISA
