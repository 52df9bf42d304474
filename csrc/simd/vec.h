// Vec<T>: one SIMD register of float or double, and the few operations kernels need.
//
// Kernels are written once over Vec<T> and compiled once per instruction set. Everything here lives
// in namespace fastnn::FASTNN_ISA and is always inlined, so that no copy compiled for one level can
// be linked into another. The file of each level (generic.h, avx2.h, avx512.h, neon.h) implements
// the operations of a register in `Native<T>`; this file is the interface.
//
// Compile kernels with -O2 or -O3, -fno-math-errno and -ffp-contract=off.
//
// Loops over n elements process whole registers, then one with a count; loops.h has them.
#pragma once

#include <stdint.h>

#ifndef FASTNN_ISA
#error "FASTNN_ISA must name the instruction set this file is compiled for: v2, v3, v4 or neon"
#endif

#define FASTNN_INLINE inline __attribute__((always_inline))

#if defined(__AVX512F__) && defined(__AVX512DQ__) && defined(__AVX512VL__)
#include "avx512.h"
#elif defined(__AVX2__) && defined(__FMA__)
#include "avx2.h"
#elif defined(__aarch64__)
#include "neon.h"
#else
#include "generic.h"
#endif

namespace fastnn::FASTNN_ISA {

template <class T>
struct Vec;

// One truth value per lane, the result of comparing two Vec<T>.
template <class T>
struct Mask {
    using Reg = typename Native<T>::Mask;
    Reg m;

    FASTNN_INLINE Mask() : m{} {}
    FASTNN_INLINE explicit Mask(Reg r) : m(r) {}
    // True in the first n lanes, 0 <= n <= width.
    static FASTNN_INLINE Mask first(dim_t n) { return Mask(Native<T>::first(n)); }

    friend FASTNN_INLINE Mask operator&(Mask a, Mask b) { return Mask(Reg(a.m & b.m)); }
    friend FASTNN_INLINE Mask operator|(Mask a, Mask b) { return Mask(Reg(a.m | b.m)); }
    friend FASTNN_INLINE Mask operator^(Mask a, Mask b) { return Mask(Reg(a.m ^ b.m)); }
    friend FASTNN_INLINE Mask operator~(Mask a) { return Mask(Reg(~a.m)); }
    friend FASTNN_INLINE bool any(Mask a) { return Native<T>::any(a.m); }
    friend FASTNN_INLINE bool all(Mask a) { return Native<T>::all(a.m); }
    // The first lane that is true, where any is.
    friend FASTNN_INLINE int first_true(Mask a) { return Native<T>::first_true(a.m); }

    // Lane by lane: a where the mask is true, b where it is false.
    friend FASTNN_INLINE Vec<T> select(Mask m, Vec<T> a, Vec<T> b) {
        return Vec<T>(Native<T>::select(m.m, a.v, b.v));
    }
};

template <class T>
struct Vec {
    using N = Native<T>;
    using Reg = typename N::Reg;
    using Int = typename N::Int;  // a compiler vector of signed integers of the width of T
    static constexpr int width = N::width;
    Reg v;

    FASTNN_INLINE Vec() : v{} {}
    FASTNN_INLINE Vec(T x) : v(N::broadcast(x)) {}
    FASTNN_INLINE explicit Vec(Reg r) : v(r) {}

    // Any alignment. With a count: the first n lanes (0 <= n <= width), the others are 0; nothing
    // beyond the first n elements is read or written.
    static FASTNN_INLINE Vec load(const T* p) { return Vec(N::load(p)); }
    static FASTNN_INLINE Vec load(const T* p, dim_t n) { return Vec(N::load(p, n)); }
    // p[index[i]] in lane i, 0 where the index is negative.
    static FASTNN_INLINE Vec gather(const T* p, const int* index) {
        return Vec(N::gather(p, index));
    }
    FASTNN_INLINE void store(T* p) const { N::store(p, v); }
    FASTNN_INLINE void store(T* p, dim_t n) const { N::store(p, v, n); }
    FASTNN_INLINE T lane(int i) const { return v[i]; }

    friend FASTNN_INLINE Vec operator+(Vec a, Vec b) { return Vec(Reg(a.v + b.v)); }
    friend FASTNN_INLINE Vec operator-(Vec a, Vec b) { return Vec(Reg(a.v - b.v)); }
    friend FASTNN_INLINE Vec operator*(Vec a, Vec b) { return Vec(Reg(a.v * b.v)); }
    friend FASTNN_INLINE Vec operator/(Vec a, Vec b) { return Vec(Reg(a.v / b.v)); }
    friend FASTNN_INLINE Vec operator-(Vec a) { return Vec(Reg(-a.v)); }
    FASTNN_INLINE Vec& operator+=(Vec b) { return *this = *this + b; }
    FASTNN_INLINE Vec& operator-=(Vec b) { return *this = *this - b; }
    FASTNN_INLINE Vec& operator*=(Vec b) { return *this = *this * b; }
    FASTNN_INLINE Vec& operator/=(Vec b) { return *this = *this / b; }

    // a*b+c and c-a*b: rounded once where the level has FMA, twice on generic.h.
    friend FASTNN_INLINE Vec fma(Vec a, Vec b, Vec c) { return Vec(N::fma(a.v, b.v, c.v)); }
    friend FASTNN_INLINE Vec fnma(Vec a, Vec b, Vec c) { return Vec(N::fnma(a.v, b.v, c.v)); }

    // a < b ? a : b and a > b ? a : b, so b where either is NaN.
    friend FASTNN_INLINE Vec min(Vec a, Vec b) { return Vec(N::min(a.v, b.v)); }
    friend FASTNN_INLINE Vec max(Vec a, Vec b) { return Vec(N::max(a.v, b.v)); }
    friend FASTNN_INLINE Vec sqrt(Vec a) { return Vec(N::sqrt(a.v)); }
    friend FASTNN_INLINE Vec round(Vec a) { return Vec(N::round(a.v)); }  // halves to even
    friend FASTNN_INLINE Vec floor(Vec a) { return Vec(N::floor(a.v)); }
    friend FASTNN_INLINE Vec ceil(Vec a) { return -floor(-a); }
    friend FASTNN_INLINE Vec trunc(Vec a) { return copysign(floor(abs(a)), a); }

    // NaN compares false, and unequal.
    friend FASTNN_INLINE Mask<T> operator==(Vec a, Vec b) { return Mask<T>(N::eq(a.v, b.v)); }
    friend FASTNN_INLINE Mask<T> operator!=(Vec a, Vec b) { return Mask<T>(N::ne(a.v, b.v)); }
    friend FASTNN_INLINE Mask<T> operator<(Vec a, Vec b) { return Mask<T>(N::lt(a.v, b.v)); }
    friend FASTNN_INLINE Mask<T> operator<=(Vec a, Vec b) { return Mask<T>(N::le(a.v, b.v)); }
    friend FASTNN_INLINE Mask<T> operator>(Vec a, Vec b) { return Mask<T>(N::lt(b.v, a.v)); }
    friend FASTNN_INLINE Mask<T> operator>=(Vec a, Vec b) { return Mask<T>(N::le(b.v, a.v)); }

    // Over all lanes, in an order fixed by the width: halves are added until one lane is left.
    friend FASTNN_INLINE T sum(Vec a) { return N::sum(a.v); }
    friend FASTNN_INLINE T max_lane(Vec a) { return N::max_lane(a.v); }
    friend FASTNN_INLINE T min_lane(Vec a) { return N::min_lane(a.v); }

    // The lanes with even (odd) numbers of a, then those of b.
    friend FASTNN_INLINE Vec even(Vec a, Vec b) { return Vec(N::even(a.v, b.v)); }
    friend FASTNN_INLINE Vec odd(Vec a, Vec b) { return Vec(N::odd(a.v, b.v)); }

    // The bits of each lane as an integer, and back.
    friend FASTNN_INLINE Int bits(Vec a) { return Int(a.v); }
    static FASTNN_INLINE Vec from_bits(Int i) { return Vec(Reg(i)); }

    friend FASTNN_INLINE Vec abs(Vec a) { return from_bits(bits(a) & ~bits(Vec(-T(0)))); }
    friend FASTNN_INLINE Vec copysign(Vec magnitude, Vec sign) {
        const Int s = bits(Vec(-T(0)));
        return from_bits((bits(magnitude) & ~s) | (bits(sign) & s));
    }
    // Flips the sign of a where b is negative (b = -0 too).
    friend FASTNN_INLINE Vec xorsign(Vec a, Vec b) {
        return from_bits(bits(a) ^ (bits(b) & bits(Vec(-T(0)))));
    }

    // 2^n for a whole number n, -bias <= n <= bias (127, 1023); 2^-bias may be flushed to 0.
    friend FASTNN_INLINE Vec power_of_two(Vec n) { return Vec(N::power_of_two(n.v)); }
    // a * 2^n for a whole number n, |n| <= 2 * (largest exponent), rounded once (gradual
    // underflow).
    friend FASTNN_INLINE Vec scale(Vec a, Vec n) { return Vec(N::scale(a.v, n.v)); }
    // a = mantissa * 2^exponent with mantissa in [0.75, 1.5), for finite a > 0, denormals included.
    friend FASTNN_INLINE Vec split(Vec a, Vec& exponent) {
        Vec mantissa;
        N::split(a.v, mantissa.v, exponent.v);
        return mantissa;
    }
};

// The lanes of a Vec<float> in double, for sums and functions that need it: low holds lanes
// 0 .. width/2-1, high the rest. narrow rounds to nearest.
struct Wide {
    Vec<double> low, high;
};

FASTNN_INLINE Wide widen(Vec<float> a) {
    return {Vec<double>(Native<float>::low(a.v)), Vec<double>(Native<float>::high(a.v))};
}

FASTNN_INLINE Vec<float> narrow(Vec<double> low, Vec<double> high) {
    return Vec<float>(Native<float>::join(low.v, high.v));
}

}  // namespace fastnn::FASTNN_ISA
