// Small integers, stored as bytes in memory and as integers of the width of T in a register.
//
// The compiler converts vectors of bytes lane by lane; these use single instructions.
#pragma once

#include "vec.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace fastnn::FASTNN_ISA {

template <class T>
FASTNN_INLINE typename Vec<T>::Int load_bytes(const uint8_t* p) {
    using Int = typename Vec<T>::Int;
    constexpr int width = Vec<T>::width;
#if defined(__SSE4_1__)
    __m128i bytes;
    if constexpr (width == 16) {
        __builtin_memcpy(&bytes, p, 16);
    } else {
        long long low = 0;
        __builtin_memcpy(&low, p, width);
        bytes = _mm_cvtsi64_si128(low);
    }
#if defined(__AVX512F__)
    if constexpr (sizeof(T) == 4) return Int(_mm512_cvtepu8_epi32(bytes));
    return Int(_mm512_cvtepu8_epi64(bytes));
#elif defined(__AVX2__)
    if constexpr (sizeof(T) == 4) return Int(_mm256_cvtepu8_epi32(bytes));
    return Int(_mm256_cvtepu8_epi64(bytes));
#else
    if constexpr (sizeof(T) == 4) return Int(_mm_cvtepu8_epi32(bytes));
    return Int(_mm_cvtepu8_epi64(bytes));
#endif
#else
    Int all{};
    for (int i = 0; i < width; ++i) all[i] = p[i];
    return all;
#endif
}

// The first n lanes, the others 0.
template <class T>
FASTNN_INLINE typename Vec<T>::Int load_bytes(const uint8_t* p, dim_t n) {
#if defined(__AVX512F__)
    using Int = typename Vec<T>::Int;
    const __m128i bytes = _mm_maskz_loadu_epi8(__mmask16((1u << n) - 1), p);
    if constexpr (sizeof(T) == 4) return Int(_mm512_cvtepu8_epi32(bytes));
    return Int(_mm512_cvtepu8_epi64(bytes));
#else
    uint8_t all[Vec<T>::width] = {};
    for (dim_t i = 0; i < n; ++i) all[i] = p[i];
    return load_bytes<T>(all);
#endif
}

// Numbers from 0 to 255.
template <class T>
FASTNN_INLINE void store_bytes(typename Vec<T>::Int x, uint8_t* p) {
#if defined(__AVX512F__)
    if constexpr (sizeof(T) == 4) {
        const __m128i bytes = _mm512_cvtepi32_epi8(__m512i(x));
        __builtin_memcpy(p, &bytes, 16);
    } else {
        const long long low = _mm_cvtsi128_si64(_mm512_cvtepi64_epi8(__m512i(x)));
        __builtin_memcpy(p, &low, 8);
    }
#elif defined(__SSE4_1__)
    // Moves the lowest byte of each lane of a 16-byte register to its front.
    const auto store = [](__m128i part, uint8_t* to) __attribute__((always_inline)) {
        const __m128i order =
            sizeof(T) == 4
                ? _mm_setr_epi8(0, 4, 8, 12, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1)
                : _mm_setr_epi8(0, 8, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1);
        const int low = _mm_cvtsi128_si32(_mm_shuffle_epi8(part, order));
        __builtin_memcpy(to, &low, 16 / sizeof(T));
    };
#if defined(__AVX2__)
    store(_mm256_castsi256_si128(__m256i(x)), p);
    store(_mm256_extracti128_si256(__m256i(x), 1), p + 16 / sizeof(T));
#else
    store(__m128i(x), p);
#endif
#else
    for (int i = 0; i < Vec<T>::width; ++i) p[i] = uint8_t(x[i]);
#endif
}

template <class T>
FASTNN_INLINE void store_bytes(typename Vec<T>::Int x, uint8_t* p, dim_t n) {
#if defined(__AVX512F__)
    const __mmask16 first = __mmask16((1u << n) - 1);
    if constexpr (sizeof(T) == 4) {
        _mm_mask_storeu_epi8(p, first, _mm512_cvtepi32_epi8(__m512i(x)));
    } else {
        _mm_mask_storeu_epi8(p, first, _mm512_cvtepi64_epi8(__m512i(x)));
    }
#else
    for (dim_t i = 0; i < n; ++i) p[i] = uint8_t(x[i]);
#endif
}

}  // namespace fastnn::FASTNN_ISA
