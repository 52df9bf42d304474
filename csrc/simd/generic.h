// 16-byte registers without any intrinsics: x86-64-v2, and whatever has no file of its own.
#pragma once

#include "lanes.h"

namespace fastnn::FASTNN_ISA {

template <class T>
struct Native : Lanes<T, 16> {};

template <>
struct Native<float> : Lanes<float, 16> {
    using Double = Native<double>::Reg;
    static FASTNN_INLINE Double low(Reg a) { return Double{a[0], a[1]}; }
    static FASTNN_INLINE Double high(Reg a) { return Double{a[2], a[3]}; }
    static FASTNN_INLINE Reg join(Double a, Double b) {
        return Reg{float(a[0]), float(a[1]), float(b[0]), float(b[1])};
    }
};

}  // namespace fastnn::FASTNN_ISA
