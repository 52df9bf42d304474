// x86-64-v4: AVX-512 F, DQ, VL, BW; 64-byte registers, one mask bit per lane.
#pragma once

// GCC 12 warns about the undefined pass-through operand of its own unmasked intrinsics.
#ifndef __clang__
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#include <immintrin.h>
#pragma GCC diagnostic pop
#else
#include <immintrin.h>
#endif

#include "lanes.h"

namespace fastnn::FASTNN_ISA {

template <class T>
struct Native;

template <>
struct Native<double> : Lanes<double, 64> {
    static constexpr bool fused = true;
    using Mask = __mmask8;
    static FASTNN_INLINE Reg broadcast(double x) { return _mm512_set1_pd(x); }
    static FASTNN_INLINE Mask first(dim_t n) { return Mask((1u << n) - 1); }
    using Lanes::load;
    using Lanes::store;
    static FASTNN_INLINE Reg load(const double* p, dim_t n) {
        return _mm512_maskz_loadu_pd(first(n), p);
    }
    static FASTNN_INLINE Reg gather(const double* p, const int* index) {
        const __m256i i = _mm256_loadu_si256((const __m256i*)index);
        return _mm512_mask_i32gather_pd(Reg{}, _mm256_movepi32_mask(~i), i, p, 8);
    }
    static FASTNN_INLINE void store(double* p, Reg a, dim_t n) {
        _mm512_mask_storeu_pd(p, first(n), a);
    }

    static FASTNN_INLINE Reg fma(Reg a, Reg b, Reg c) { return _mm512_fmadd_pd(a, b, c); }
    static FASTNN_INLINE Reg fnma(Reg a, Reg b, Reg c) { return _mm512_fnmadd_pd(a, b, c); }
    static FASTNN_INLINE Reg min(Reg a, Reg b) { return _mm512_min_pd(a, b); }
    static FASTNN_INLINE Reg max(Reg a, Reg b) { return _mm512_max_pd(a, b); }
    static FASTNN_INLINE Reg sqrt(Reg a) { return _mm512_sqrt_pd(a); }
    static FASTNN_INLINE Reg round(Reg a) {
        return _mm512_roundscale_pd(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    }
    static FASTNN_INLINE Reg floor(Reg a) {
        return _mm512_roundscale_pd(a, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
    }

    static FASTNN_INLINE Mask eq(Reg a, Reg b) { return _mm512_cmp_pd_mask(a, b, _CMP_EQ_OQ); }
    static FASTNN_INLINE Mask ne(Reg a, Reg b) { return _mm512_cmp_pd_mask(a, b, _CMP_NEQ_UQ); }
    static FASTNN_INLINE Mask lt(Reg a, Reg b) { return _mm512_cmp_pd_mask(a, b, _CMP_LT_OQ); }
    static FASTNN_INLINE Mask le(Reg a, Reg b) { return _mm512_cmp_pd_mask(a, b, _CMP_LE_OQ); }
    static FASTNN_INLINE Reg select(Mask m, Reg a, Reg b) { return _mm512_mask_mov_pd(b, m, a); }
    static FASTNN_INLINE bool any(Mask m) { return m != 0; }
    static FASTNN_INLINE bool all(Mask m) { return m == 0xff; }
    static FASTNN_INLINE int first_true(Mask m) { return __builtin_ctz(m); }

    static FASTNN_INLINE double sum(Reg a) { return _mm512_reduce_add_pd(a); }
    static FASTNN_INLINE double max_lane(Reg a) { return _mm512_reduce_max_pd(a); }
    static FASTNN_INLINE double min_lane(Reg a) { return _mm512_reduce_min_pd(a); }

    static FASTNN_INLINE Reg power_of_two(Reg n) { return _mm512_scalef_pd(broadcast(1), n); }
    static FASTNN_INLINE Reg scale(Reg a, Reg n) { return _mm512_scalef_pd(a, n); }
    static FASTNN_INLINE void split(Reg a, Reg& mantissa, Reg& exponent) {
        mantissa = _mm512_getmant_pd(a, _MM_MANT_NORM_p75_1p5, _MM_MANT_SIGN_src);
        const Reg e = _mm512_getexp_pd(a);
        exponent = _mm512_mask_add_pd(e, lt(mantissa, broadcast(1)), e, broadcast(1));
    }
};

template <>
struct Native<float> : Lanes<float, 64> {
    static constexpr bool fused = true;
    using Mask = __mmask16;
    static FASTNN_INLINE Reg broadcast(float x) { return _mm512_set1_ps(x); }
    static FASTNN_INLINE Mask first(dim_t n) { return Mask((1u << n) - 1); }
    using Lanes::load;
    using Lanes::store;
    static FASTNN_INLINE Reg load(const float* p, dim_t n) {
        return _mm512_maskz_loadu_ps(first(n), p);
    }
    static FASTNN_INLINE Reg gather(const float* p, const int* index) {
        const __m512i i = _mm512_loadu_si512(index);
        return _mm512_mask_i32gather_ps(Reg{}, _mm512_movepi32_mask(~i), i, p, 4);
    }
    static FASTNN_INLINE void store(float* p, Reg a, dim_t n) {
        _mm512_mask_storeu_ps(p, first(n), a);
    }

    static FASTNN_INLINE Reg fma(Reg a, Reg b, Reg c) { return _mm512_fmadd_ps(a, b, c); }
    static FASTNN_INLINE Reg fnma(Reg a, Reg b, Reg c) { return _mm512_fnmadd_ps(a, b, c); }
    static FASTNN_INLINE Reg min(Reg a, Reg b) { return _mm512_min_ps(a, b); }
    static FASTNN_INLINE Reg max(Reg a, Reg b) { return _mm512_max_ps(a, b); }
    static FASTNN_INLINE Reg sqrt(Reg a) { return _mm512_sqrt_ps(a); }
    static FASTNN_INLINE Reg round(Reg a) {
        return _mm512_roundscale_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    }
    static FASTNN_INLINE Reg floor(Reg a) {
        return _mm512_roundscale_ps(a, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
    }

    static FASTNN_INLINE Mask eq(Reg a, Reg b) { return _mm512_cmp_ps_mask(a, b, _CMP_EQ_OQ); }
    static FASTNN_INLINE Mask ne(Reg a, Reg b) { return _mm512_cmp_ps_mask(a, b, _CMP_NEQ_UQ); }
    static FASTNN_INLINE Mask lt(Reg a, Reg b) { return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ); }
    static FASTNN_INLINE Mask le(Reg a, Reg b) { return _mm512_cmp_ps_mask(a, b, _CMP_LE_OQ); }
    static FASTNN_INLINE Reg select(Mask m, Reg a, Reg b) { return _mm512_mask_mov_ps(b, m, a); }
    static FASTNN_INLINE bool any(Mask m) { return m != 0; }
    static FASTNN_INLINE bool all(Mask m) { return m == 0xffff; }
    static FASTNN_INLINE int first_true(Mask m) { return __builtin_ctz(m); }

    static FASTNN_INLINE float sum(Reg a) { return _mm512_reduce_add_ps(a); }
    static FASTNN_INLINE float max_lane(Reg a) { return _mm512_reduce_max_ps(a); }
    static FASTNN_INLINE float min_lane(Reg a) { return _mm512_reduce_min_ps(a); }

    static FASTNN_INLINE Reg power_of_two(Reg n) { return _mm512_scalef_ps(broadcast(1), n); }
    static FASTNN_INLINE Reg scale(Reg a, Reg n) { return _mm512_scalef_ps(a, n); }
    static FASTNN_INLINE void split(Reg a, Reg& mantissa, Reg& exponent) {
        mantissa = _mm512_getmant_ps(a, _MM_MANT_NORM_p75_1p5, _MM_MANT_SIGN_src);
        const Reg e = _mm512_getexp_ps(a);
        exponent = _mm512_mask_add_ps(e, lt(mantissa, broadcast(1)), e, broadcast(1));
    }

    using Double = Native<double>::Reg;
    static FASTNN_INLINE Double low(Reg a) { return _mm512_cvtps_pd(_mm512_castps512_ps256(a)); }
    static FASTNN_INLINE Double high(Reg a) {
        return _mm512_cvtps_pd(_mm512_extractf32x8_ps(a, 1));
    }
    static FASTNN_INLINE Reg join(Double a, Double b) {
        return _mm512_insertf32x8(_mm512_castps256_ps512(_mm512_cvtpd_ps(a)), _mm512_cvtpd_ps(b),
                                  1);
    }
};

}  // namespace fastnn::FASTNN_ISA
