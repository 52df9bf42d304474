// Philox4x32-10 (Salmon, Moraes, Dror, Shaw: Parallel random numbers, as easy as 1, 2, 3; SC 2011):
// random bits as a function of a key and a counter, with no state, so that any thread can draw any
// of them.
//
// Several counters are computed side by side. Every 32-bit word is in the low half of a 64-bit
// lane, where the widening multiplication of all levels reads it; the high halves are never read.
#pragma once

#include <stdint.h>

#include "simd/vec.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace fastnn::FASTNN_ISA {

struct Philox {
#if defined(__AVX512F__)
    static constexpr int bytes = 64;
#elif defined(__AVX2__)
    static constexpr int bytes = 32;
#else
    static constexpr int bytes = 16;
#endif
    static constexpr int lanes = bytes / 8;
    typedef uint64_t Words __attribute__((vector_size(bytes)));

    static constexpr int counters = 16, numbers = 4 * counters;  // of a block

    // The product of the low halves.
    static FASTNN_INLINE Words multiply(Words a, Words b) {
#if defined(__AVX512F__)
        return Words(_mm512_mul_epu32(__m512i(a), __m512i(b)));
#elif defined(__AVX2__)
        return Words(_mm256_mul_epu32(__m256i(a), __m256i(b)));
#elif defined(__SSE2__)
        return Words(_mm_mul_epu32(__m128i(a), __m128i(b)));
#else
        return (a & 0xffffffffu) * (b & 0xffffffffu);
#endif
    }

    static FASTNN_INLINE void rounds(Words (&c)[4], uint64_t key) {
        uint32_t k0 = uint32_t(key), k1 = uint32_t(key >> 32);
        const Words m0 = Words{} + 0xD2511F53u, m1 = Words{} + 0xCD9E8D57u;
        for (int round = 0; round < 10; ++round) {
            const Words p = multiply(c[0], m0), q = multiply(c[2], m1);
            c[0] = (q >> 32) ^ c[1] ^ (Words{} + k0);
            c[1] = q;
            c[2] = (p >> 32) ^ c[3] ^ (Words{} + k1);
            c[3] = p;
            k0 += 0x9E3779B9u;
            k1 += 0xBB67AE85u;
        }
    }

    // The 64 numbers of counters (first + i, stream), i = 0 .. 15: number 16 j + i is word j of
    // counter i.
    static FASTNN_INLINE void block(uint64_t key, uint64_t stream, uint64_t first, uint32_t* out) {
        constexpr uint64_t steps[8] = {0, 2, 4, 6, 8, 10, 12, 14};
        Words step;
        __builtin_memcpy(&step, steps, sizeof step);
        for (int i = 0; i < counters; i += 2 * lanes) {
            // Even counters and odd ones, which are in order once they are interleaved.
            Words even[4], odd[4];
            even[0] = step + (first + uint64_t(i));
            odd[0] = even[0] + 1;
            even[1] = even[0] >> 32;
            odd[1] = odd[0] >> 32;
            even[2] = odd[2] = Words{} + stream;
            even[3] = odd[3] = Words{} + (stream >> 32);
            rounds(even, key);
            rounds(odd, key);
            for (int j = 0; j < 4; ++j) {
                const Words both = (even[j] & 0xffffffffu) | (odd[j] << 32);
                __builtin_memcpy(out + counters * j + i, &both, sizeof both);
            }
        }
    }
};

}  // namespace fastnn::FASTNN_ISA
