// Lanes<T, Bytes>: a register of any size, in the compiler's vector extensions. The files of the
// levels derive Native<T> from it and replace functions for which they have better instructions.
#pragma once

#include <stdint.h>

#include "core/integer.h"

namespace fastnn::FASTNN_ISA {

// Layout of a floating-point number: mantissa bits, exponent bias, smallest normal number.
template <class T>
struct Format;

template <>
struct Format<float> {
    using Int = int32_t;
    using Unsigned = uint32_t;
    static constexpr int mantissa = 23;
    static constexpr int bias = 127;
    static constexpr float smallest = 0x1p-126f;
};

template <>
struct Format<double> {
    using Int = int64_t;
    using Unsigned = uint64_t;
    static constexpr int mantissa = 52;
    static constexpr int bias = 1023;
    static constexpr double smallest = 0x1p-1022;
};

// Every second lane of a and then of b, from lane `from` on; `i` counts the lanes.
template <int n, int... i>
struct EverySecond : EverySecond<n - 1, n - 1, i...> {};
template <int... i>
struct EverySecond<0, i...> {
    template <int from, class Int, class Reg>
    static FASTNN_INLINE Reg of(Reg a, Reg b) {
#ifdef __clang__
        return __builtin_shufflevector(a, b, (2 * i + from)...);
#else
        return __builtin_shuffle(a, b, Int{(2 * i + from)...});
#endif
    }
};

template <class T, int Bytes>
struct Lanes {
    using F = Format<T>;
    static constexpr int width = Bytes / int(sizeof(T));
    typedef T Reg __attribute__((vector_size(Bytes)));
    typedef typename F::Int Int __attribute__((vector_size(Bytes)));
    typedef typename F::Unsigned Unsigned __attribute__((vector_size(Bytes)));
    static constexpr bool fused = false;  // fma rounds once
    using Mask = Int;                     // all bits of a true lane are set

    // The compiler broadcasts x and removes the subtraction, which changes no number, not even -0.
    // A loop over the lanes would be compiled to one insertion per lane.
    static FASTNN_INLINE Reg broadcast(T x) { return x - Reg{}; }
    static FASTNN_INLINE Reg load(const T* p) {
        Reg r;
        __builtin_memcpy(&r, p, Bytes);
        return r;
    }
    static FASTNN_INLINE void store(T* p, Reg r) { __builtin_memcpy(p, &r, Bytes); }
    static FASTNN_INLINE Reg gather(const T* p, const int* index) {
        Reg r{};
        for (int i = 0; i < width; ++i) r[i] = index[i] < 0 ? T(0) : p[index[i]];
        return r;
    }
    static FASTNN_INLINE Reg load(const T* p, dim_t n) {
        Reg r{};
        for (int i = 0; i < width; ++i)
            if (i < n) r[i] = p[i];
        return r;
    }
    static FASTNN_INLINE void store(T* p, Reg r, dim_t n) {
        for (int i = 0; i < width; ++i)
            if (i < n) p[i] = r[i];
    }

    static FASTNN_INLINE Reg fma(Reg a, Reg b, Reg c) { return a * b + c; }
    static FASTNN_INLINE Reg fnma(Reg a, Reg b, Reg c) { return c - a * b; }
    static FASTNN_INLINE Reg min(Reg a, Reg b) { return a < b ? a : b; }
    static FASTNN_INLINE Reg max(Reg a, Reg b) { return a > b ? a : b; }
    static FASTNN_INLINE Reg sqrt(Reg a) {
        for (int i = 0; i < width; ++i) {
            if constexpr (sizeof(T) == 4)
                a[i] = __builtin_sqrtf(a[i]);
            else
                a[i] = __builtin_sqrt(a[i]);
        }
        return a;
    }
    static FASTNN_INLINE Reg round(Reg a) {
        for (int i = 0; i < width; ++i) {
            if constexpr (sizeof(T) == 4)
                a[i] = __builtin_rintf(a[i]);
            else
                a[i] = __builtin_rint(a[i]);
        }
        return a;
    }
    // By rint, which is an instruction with any setting of trapping math.
    static FASTNN_INLINE Reg floor(Reg a) {
        const Reg r = round(a);
        return r > a ? r - broadcast(1) : r;
    }

    static FASTNN_INLINE Mask eq(Reg a, Reg b) { return Mask(a == b); }
    static FASTNN_INLINE Mask ne(Reg a, Reg b) { return Mask(a != b); }
    static FASTNN_INLINE Mask lt(Reg a, Reg b) { return Mask(a < b); }
    static FASTNN_INLINE Mask le(Reg a, Reg b) { return Mask(a <= b); }
    static FASTNN_INLINE Reg select(Mask m, Reg a, Reg b) { return m ? a : b; }
    static FASTNN_INLINE Mask first(dim_t n) {
        Mask m;
        for (int i = 0; i < width; ++i) m[i] = i < n ? -1 : 0;
        return m;
    }
    static FASTNN_INLINE bool any(Mask m) {
        typename F::Int r = 0;
        for (int i = 0; i < width; ++i) r |= m[i];
        return r != 0;
    }
    static FASTNN_INLINE bool all(Mask m) { return !any(~m); }
    static FASTNN_INLINE int first_true(Mask m) {
        int i = 0;
        while (i < width && !m[i]) ++i;
        return i;
    }

    static FASTNN_INLINE Reg even(Reg a, Reg b) {
        return EverySecond<width>::template of<0, Int>(a, b);
    }
    static FASTNN_INLINE Reg odd(Reg a, Reg b) {
        return EverySecond<width>::template of<1, Int>(a, b);
    }

    static FASTNN_INLINE T sum(Reg a) {
        for (int h = width / 2; h > 0; h /= 2)
            for (int i = 0; i < h; ++i) a[i] = a[i] + a[i + h];
        return a[0];
    }
    static FASTNN_INLINE T max_lane(Reg a) {
        for (int h = width / 2; h > 0; h /= 2)
            for (int i = 0; i < h; ++i) a[i] = a[i] > a[i + h] ? a[i] : a[i + h];
        return a[0];
    }
    static FASTNN_INLINE T min_lane(Reg a) {
        for (int h = width / 2; h > 0; h /= 2)
            for (int i = 0; i < h; ++i) a[i] = a[i] < a[i + h] ? a[i] : a[i + h];
        return a[0];
    }

    // 2^n for a whole number n in [-bias, bias + 1]. Adding a large power of two leaves n + bias in
    // the low bits of the mantissa; shifted into the exponent, all above is pushed out.
    static FASTNN_INLINE Reg power_of_two(Reg n) {
        const Reg low_bits = n + broadcast(T(3) * T(1ull << (F::mantissa - 1)) + T(F::bias));
        return Reg(Int(low_bits) << F::mantissa);
    }
    // In two steps, so that neither power leaves the range and only the second step rounds.
    static FASTNN_INLINE Reg scale(Reg a, Reg n) {
        const Reg half = round(n * broadcast(T(0.5)));
        return a * power_of_two(half) * power_of_two(n - half);
    }
    static FASTNN_INLINE void split(Reg a, Reg& mantissa, Reg& exponent) {
        constexpr T up = T(1ull << (F::mantissa + 1));
        const Mask denormal = Mask(a < broadcast(F::smallest));
        a = denormal ? a * broadcast(up) : a;
        // Counted from 0.75, the exponent field changes where the mantissa must wrap.
        // Unsigned, because negative numbers, whose result is not used, wrap around.
        const Unsigned origin = Unsigned(broadcast(T(0.75)));
        const Unsigned i = Unsigned(a) - origin;
        mantissa = Reg((i & ((typename F::Int(1) << F::mantissa) - 1)) + origin);
        // The field is made positive by adding 2 * (bias + 1) and read as a number through the
        // mantissa of 2^mantissa.
        constexpr T base = T(1ull << F::mantissa);
        const Unsigned e = (i + Unsigned(broadcast(T(2)))) >> F::mantissa;
        exponent = Reg(Int(e) | Int(broadcast(base))) - broadcast(base + T(F::bias + 1));
        exponent = denormal ? exponent - broadcast(T(F::mantissa + 1)) : exponent;
    }
};

}  // namespace fastnn::FASTNN_ISA
