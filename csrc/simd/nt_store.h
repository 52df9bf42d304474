// Non-temporal stores, which bypass the caches, for outputs that are too large to be cached until
// they are read. They do not read the line that they overwrite, which saves a third of the memory
// traffic of y = f(x).
#pragma once

#include "vec.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace fastnn::FASTNN_ISA {

// v.store(p) that bypasses the caches. p is aligned to the register.
template <class T>
FASTNN_INLINE void nt_store(Vec<T> v, T* p) {
#if defined(__AVX512F__)
    _mm512_stream_si512(reinterpret_cast<__m512i*>(p), reinterpret_cast<__m512i>(v.v));
#elif defined(__AVX__)
    _mm256_stream_si256(reinterpret_cast<__m256i*>(p), reinterpret_cast<__m256i>(v.v));
#elif defined(__SSE2__)
    _mm_stream_si128(reinterpret_cast<__m128i*>(p), reinterpret_cast<__m128i>(v.v));
#else
    v.store(p);
#endif
}

// After the last nt_store(): orders these stores before later ones, which other threads wait for.
FASTNN_INLINE void nt_fence() {
#if defined(__SSE2__)
    _mm_sfence();
#endif
}

// How many elements lie between p and the next address that is aligned to a register.
template <class T>
FASTNN_INLINE dim_t to_aligned(const T* p) {
    constexpr uintptr_t bytes = sizeof(T) * Vec<T>::width;
    return dim_t((bytes - reinterpret_cast<uintptr_t>(p) % bytes) % bytes / sizeof(T));
}

}  // namespace fastnn::FASTNN_ISA
