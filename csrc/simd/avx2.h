// x86-64-v3: AVX2 and FMA, 32-byte registers.
#pragma once

#include <immintrin.h>

#include "lanes.h"

namespace fastnn::FASTNN_ISA {

template <class T>
struct Native;

template <>
struct Native<double> : Lanes<double, 32> {
    static constexpr bool fused = true;
    using Half = Lanes<double, 16>;
    static FASTNN_INLINE Reg broadcast(double x) { return _mm256_set1_pd(x); }
    static FASTNN_INLINE Mask first(dim_t n) {
        return Mask(_mm256_cmpgt_epi64(_mm256_set1_epi64x(n), _mm256_setr_epi64x(0, 1, 2, 3)));
    }
    using Lanes::load;
    using Lanes::store;
    static FASTNN_INLINE Reg load(const double* p, dim_t n) {
        return _mm256_maskload_pd(p, (__m256i)first(n));
    }
    static FASTNN_INLINE Reg gather(const double* p, const int* index) {
        const __m128i i = _mm_loadu_si128((const __m128i*)index);
        const __m256i wide = _mm256_cvtepi32_epi64(i);
        return _mm256_mask_i32gather_pd(Reg{}, p, i, (__m256d)~wide, 8);
    }
    static FASTNN_INLINE void store(double* p, Reg a, dim_t n) {
        _mm256_maskstore_pd(p, (__m256i)first(n), a);
    }

    static FASTNN_INLINE Reg fma(Reg a, Reg b, Reg c) { return _mm256_fmadd_pd(a, b, c); }
    static FASTNN_INLINE Reg fnma(Reg a, Reg b, Reg c) { return _mm256_fnmadd_pd(a, b, c); }
    static FASTNN_INLINE Reg min(Reg a, Reg b) { return _mm256_min_pd(a, b); }
    static FASTNN_INLINE Reg max(Reg a, Reg b) { return _mm256_max_pd(a, b); }
    static FASTNN_INLINE Reg sqrt(Reg a) { return _mm256_sqrt_pd(a); }
    static FASTNN_INLINE Reg round(Reg a) {
        return _mm256_round_pd(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    }
    static FASTNN_INLINE Reg floor(Reg a) {
        return _mm256_round_pd(a, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
    }

    static FASTNN_INLINE Reg select(Mask m, Reg a, Reg b) {
        return _mm256_blendv_pd(b, a, (__m256d)m);
    }
    static FASTNN_INLINE bool any(Mask m) { return _mm256_movemask_pd((__m256d)m) != 0; }
    static FASTNN_INLINE bool all(Mask m) { return _mm256_movemask_pd((__m256d)m) == 0xf; }
    static FASTNN_INLINE int first_true(Mask m) {
        return __builtin_ctz(unsigned(_mm256_movemask_pd((__m256d)m)));
    }

    static FASTNN_INLINE Half::Reg low_half(Reg a) { return _mm256_castpd256_pd128(a); }
    static FASTNN_INLINE Half::Reg high_half(Reg a) { return _mm256_extractf128_pd(a, 1); }
    static FASTNN_INLINE double sum(Reg a) { return Half::sum(low_half(a) + high_half(a)); }
    static FASTNN_INLINE double max_lane(Reg a) {
        return Half::max_lane(_mm_max_pd(low_half(a), high_half(a)));
    }
    static FASTNN_INLINE double min_lane(Reg a) {
        return Half::min_lane(_mm_min_pd(low_half(a), high_half(a)));
    }
};

template <>
struct Native<float> : Lanes<float, 32> {
    static constexpr bool fused = true;
    using Half = Lanes<float, 16>;
    static FASTNN_INLINE Reg broadcast(float x) { return _mm256_set1_ps(x); }
    static FASTNN_INLINE Mask first(dim_t n) {
        const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
        return Mask(_mm256_cmpgt_epi32(_mm256_set1_epi32(int(n)), lane));
    }
    using Lanes::load;
    using Lanes::store;
    static FASTNN_INLINE Reg load(const float* p, dim_t n) {
        return _mm256_maskload_ps(p, (__m256i)first(n));
    }
    static FASTNN_INLINE Reg gather(const float* p, const int* index) {
        const __m256i i = _mm256_loadu_si256((const __m256i*)index);
        return _mm256_mask_i32gather_ps(Reg{}, p, i, (__m256)~i, 4);
    }
    static FASTNN_INLINE void store(float* p, Reg a, dim_t n) {
        _mm256_maskstore_ps(p, (__m256i)first(n), a);
    }

    static FASTNN_INLINE Reg fma(Reg a, Reg b, Reg c) { return _mm256_fmadd_ps(a, b, c); }
    static FASTNN_INLINE Reg fnma(Reg a, Reg b, Reg c) { return _mm256_fnmadd_ps(a, b, c); }
    static FASTNN_INLINE Reg min(Reg a, Reg b) { return _mm256_min_ps(a, b); }
    static FASTNN_INLINE Reg max(Reg a, Reg b) { return _mm256_max_ps(a, b); }
    static FASTNN_INLINE Reg sqrt(Reg a) { return _mm256_sqrt_ps(a); }
    static FASTNN_INLINE Reg round(Reg a) {
        return _mm256_round_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    }
    static FASTNN_INLINE Reg floor(Reg a) {
        return _mm256_round_ps(a, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
    }

    static FASTNN_INLINE Reg select(Mask m, Reg a, Reg b) {
        return _mm256_blendv_ps(b, a, (__m256)m);
    }
    static FASTNN_INLINE bool any(Mask m) { return _mm256_movemask_ps((__m256)m) != 0; }
    static FASTNN_INLINE bool all(Mask m) { return _mm256_movemask_ps((__m256)m) == 0xff; }
    static FASTNN_INLINE int first_true(Mask m) {
        return __builtin_ctz(unsigned(_mm256_movemask_ps((__m256)m)));
    }

    static FASTNN_INLINE Half::Reg low_half(Reg a) { return _mm256_castps256_ps128(a); }
    static FASTNN_INLINE Half::Reg high_half(Reg a) { return _mm256_extractf128_ps(a, 1); }
    static FASTNN_INLINE float sum(Reg a) { return Half::sum(low_half(a) + high_half(a)); }
    static FASTNN_INLINE float max_lane(Reg a) {
        return Half::max_lane(_mm_max_ps(low_half(a), high_half(a)));
    }
    static FASTNN_INLINE float min_lane(Reg a) {
        return Half::min_lane(_mm_min_ps(low_half(a), high_half(a)));
    }

    using Double = Native<double>::Reg;
    static FASTNN_INLINE Double low(Reg a) { return _mm256_cvtps_pd(low_half(a)); }
    static FASTNN_INLINE Double high(Reg a) { return _mm256_cvtps_pd(high_half(a)); }
    static FASTNN_INLINE Reg join(Double a, Double b) {
        return _mm256_insertf128_ps(_mm256_castps128_ps256(_mm256_cvtpd_ps(a)), _mm256_cvtpd_ps(b),
                                    1);
    }
};

}  // namespace fastnn::FASTNN_ISA
