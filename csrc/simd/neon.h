// aarch64: NEON with FMA, 16-byte registers.
#pragma once

#include <arm_neon.h>

#include "lanes.h"

namespace fastnn::FASTNN_ISA {

template <class T>
struct Native;

template <>
struct Native<double> : Lanes<double, 16> {
    static constexpr bool fused = true;
    static FASTNN_INLINE Reg broadcast(double x) { return Reg{x, x}; }
    static FASTNN_INLINE Reg fma(Reg a, Reg b, Reg c) { return vfmaq_f64(c, a, b); }
    static FASTNN_INLINE Reg fnma(Reg a, Reg b, Reg c) { return vfmsq_f64(c, a, b); }
    static FASTNN_INLINE Reg sqrt(Reg a) { return vsqrtq_f64(a); }
    static FASTNN_INLINE Reg round(Reg a) { return vrndnq_f64(a); }
    static FASTNN_INLINE Reg floor(Reg a) { return vrndmq_f64(a); }
    static FASTNN_INLINE bool any(Mask m) { return vmaxvq_u32((uint32x4_t)m) != 0; }
    static FASTNN_INLINE bool all(Mask m) { return vminvq_u32((uint32x4_t)m) != 0; }
    static FASTNN_INLINE double sum(Reg a) { return vaddvq_f64(a); }
};

template <>
struct Native<float> : Lanes<float, 16> {
    static constexpr bool fused = true;
    static FASTNN_INLINE Reg broadcast(float x) { return Reg{x, x, x, x}; }
    static FASTNN_INLINE Reg fma(Reg a, Reg b, Reg c) { return vfmaq_f32(c, a, b); }
    static FASTNN_INLINE Reg fnma(Reg a, Reg b, Reg c) { return vfmsq_f32(c, a, b); }
    static FASTNN_INLINE Reg sqrt(Reg a) { return vsqrtq_f32(a); }
    static FASTNN_INLINE Reg round(Reg a) { return vrndnq_f32(a); }
    static FASTNN_INLINE Reg floor(Reg a) { return vrndmq_f32(a); }
    static FASTNN_INLINE bool any(Mask m) { return vmaxvq_u32((uint32x4_t)m) != 0; }
    static FASTNN_INLINE bool all(Mask m) { return vminvq_u32((uint32x4_t)m) != 0; }

    using Double = Native<double>::Reg;
    static FASTNN_INLINE Double low(Reg a) { return vcvt_f64_f32(vget_low_f32(a)); }
    static FASTNN_INLINE Double high(Reg a) { return vcvt_high_f64_f32(a); }
    static FASTNN_INLINE Reg join(Double a, Double b) {
        return vcvt_high_f32_f64(vcvt_f32_f64(a), b);
    }
};

}  // namespace fastnn::FASTNN_ISA
