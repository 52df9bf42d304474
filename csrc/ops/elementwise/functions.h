// Functions of registers that simd/math.h lacks. For kernel files only.
//
// In float32: tan, sinh, cosh, log2, log10, asin, acos, atan and atan2 stay within 4 ULP, pow
// within 1. In float64 the inverse trigonometric functions, pow, log10 and the remainders call the
// C library for each lane.
#pragma once

#include "ops/elementwise/loop.h"
#include "simd/math.h"

namespace fastnn::FASTNN_ISA {
namespace {

// A constant in the precision of the register.
template <class V>
FASTNN_INLINE V constant(double value) {
    return V(static_cast<decltype(V().lane(0))>(value));
}

// -1, 0 or 1; NaN stays NaN.
template <class V>
FASTNN_INLINE V sign(V x) {
    return select(abs(x) > 0, copysign(V(1), x), x);
}

template <class T>
FASTNN_INLINE Vec<T> tan(Vec<T> x) {
    using V = Vec<T>;
    if (__builtin_expect(!all(abs(x) <= T(HalfPi::bound)), 0)) return sin(x) / cos(x);
    V n, s, c;
    sin_cos_reduced(reduce_half_pi(x, n), s, c);
    const V half = n * T(0.5);
    const auto odd = round(half) != half;
    return select(x == 0, x, select(odd, -c, s) / select(odd, s, c));
}

// exp(x/2)^2 instead of exp(x), which overflows before the result does.
template <class V>
FASTNN_INLINE V sinh(V x) {
    const V a = abs(x);
    const V e = expm1(a);
    const V h = exp(a * 0.5f);
    return copysign(select(a < 80, (e + e / (e + 1)) * 0.5f, h * 0.5f * h), x);
}

template <class V>
FASTNN_INLINE V cosh(V x) {
    const V h = exp(abs(x) * 0.5f);
    const V e = h * h;
    return select(e < 0x1p60f, (e + 1 / e) * 0.5f, h * 0.5f * h);
}

// From the parts of x = m 2^e, so that powers of two come out exactly.
template <class V>
FASTNN_INLINE V log2(V x) {
    V e;
    const V m = split(x, e);
    return log_special(x, fma(log_reduced(m - 1, V()), constant<V>(1.44269504088896340736), e));
}

FASTNN_INLINE Vec<double> log10(Vec<double> x) {
    return each_lane([](double v) { return __builtin_log10(v); }, x);
}
// e log10(2) + log10(m), where e times the high part is exact, so that powers of ten come out.
FASTNN_INLINE Vec<float> log10(Vec<float> x) {
    using V = Vec<float>;
    constexpr float kHigh = 0.301025391f, kLow = 4.60503898e-06f;
    V e;
    const V m = split(x, e);
    const V y = fma(log_reduced(m - 1, V()), V(0.434294482f), e * kLow);
    return log_special(x, fma(e, V(kHigh), y));
}

FASTNN_INLINE Vec<double> asin(Vec<double> x) {
    return each_lane([](double v) { return __builtin_asin(v); }, x);
}
FASTNN_INLINE Vec<double> acos(Vec<double> x) {
    return each_lane([](double v) { return __builtin_acos(v); }, x);
}
FASTNN_INLINE Vec<double> atan(Vec<double> x) {
    return each_lane([](double v) { return __builtin_atan(v); }, x);
}
FASTNN_INLINE Vec<double> atan2(Vec<double> y, Vec<double> x) {
    return each_lane([](double a, double b) { return __builtin_atan2(a, b); }, y, x);
}

constexpr float kPi = 3.14159274f, kPiLow = -8.74227766e-8f;  // pi in two parts

// x + x z P(z) with z = x^2 <= 1/4; P is a minimax fit of (asin(x)/x - 1) / z, off by 4e-9.
FASTNN_INLINE Vec<float> asin_small(Vec<float> x, Vec<float> z) {
    constexpr float p[] = {0.166666657f,  0.0750010312f, 0.0445966497f,
                           0.0311316829f, 0.0170067251f, 0.0339197218f};
    return fma(x * z, polynomial(z, p), x);
}

FASTNN_INLINE Vec<float> asin(Vec<float> x) {
    using V = Vec<float>;
    const V a = abs(x);
    const V z = (1 - a) * 0.5f;
    const V root = sqrt(z);
    // asin(a) = pi/2 - 2 asin(sqrt((1 - a) / 2)) above a half.
    const V large = kPi / 2 - (2 * asin_small(root, z) - kPiLow / 2);
    return copysign(select(a <= 0.5f, asin_small(a, a * a), large), x);
}

FASTNN_INLINE Vec<float> acos(Vec<float> x) {
    using V = Vec<float>;
    const V a = abs(x);
    const V z = (1 - a) * 0.5f;
    const V twice = 2 * asin_small(sqrt(z), z);
    const V small = kPi / 2 - (asin_small(x, x * x) - kPiLow / 2);
    return select(a <= 0.5f, small, select(x < 0, kPi - (twice - kPiLow), twice));
}

// The same for atan on [0, 1], off by 1.2e-8.
FASTNN_INLINE Vec<float> atan_small(Vec<float> x) {
    constexpr float p[] = {-0.333333313f,  0.199997902f,   -0.142796159f,
                           0.110420376f,   -0.0868905261f, 0.0631823689f,
                           -0.0366704911f, 0.0139966113f,  -0.00250860862f};
    const Vec<float> z = x * x;
    return fma(x * z, polynomial(z, p), x);
}

FASTNN_INLINE Vec<float> atan(Vec<float> x) {
    using V = Vec<float>;
    const V a = abs(x);
    const V t = atan_small(select(a > 1, 1 / a, a));
    return copysign(select(a > 1, kPi / 2 - (t - kPiLow / 2), t), x);
}

// The angle of the smaller over the larger, then by octant; signs of zero count as everywhere in
// IEEE 754.
FASTNN_INLINE Vec<float> atan2(Vec<float> y, Vec<float> x) {
    using V = Vec<float>;
    const V a = abs(y), b = abs(x);
    const V large = max(a, b), small = min(a, b);
    V ratio = select(large == small, V(1), small / large);
    ratio = select(large == 0, V(0), ratio);
    V t = atan_small(ratio);
    t = select(a > b, kPi / 2 - (t - kPiLow / 2), t);
    t = select(copysign(V(1), x) < 0, kPi - (t - kPiLow), t);
    t = copysign(t, y);
    return select((x != x) | (y != y), x + y, t);
}

FASTNN_INLINE Vec<double> pow(Vec<double> x, Vec<double> e) {
    return each_lane([](double a, double b) { return __builtin_pow(a, b); }, x, e);
}

// exp(e log|x|) in double, so that only the result is rounded; then the cases of IEEE 754.
FASTNN_INLINE Vec<float> pow(Vec<float> x, Vec<float> e) {
    using V = Vec<float>;
    const V a = abs(x);
    const Wide base = widen(a), exponent = widen(e);
    V y = narrow(exp(exponent.low * log(base.low)), exp(exponent.high * log(base.high)));
    const V half = e * 0.5f;
    const auto whole = round(e) == e;
    const auto odd = whole & (round(half) != half);
    const V infinity = __builtin_inff();
    const V negative = select(odd, -y, select(whole | (a == infinity), y, V(__builtin_nanf(""))));
    y = select(x < 0, negative, y);
    y = select((x == 0) & odd, copysign(y, x), y);
    // Here e log|x| is 0 times infinity, or NaN must not propagate.
    return select((x == 1) | (e == 0) | ((a == 1) & (abs(e) == infinity)), V(1), y);
}

FASTNN_INLINE Vec<double> fmod(Vec<double> a, Vec<double> b) {
    return each_lane([](double x, double y) { return __builtin_fmod(x, y); }, a, b);
}

// a - b trunc(a / b), exact where `exact` stays true: the quotient has few enough bits, and is too
// large by one at most.
FASTNN_INLINE Vec<double> short_fmod(Vec<double> a, Vec<double> b, bool& exact) {
    using V = Vec<double>;
    const V q = trunc(a / b);
    exact = exact && all((abs(q) < 0x1p28) & (abs(b) < __builtin_inf()));
    const V r = xorsign(fnma(q, b, a), a);  // as if a were positive
    return copysign(select(r < 0, r + abs(b), r), a);
}

FASTNN_INLINE Vec<float> fmod(Vec<float> a, Vec<float> b) {
    const Wide x = widen(a), y = widen(b);
    bool exact = true;
    const Vec<float> r = narrow(short_fmod(x.low, y.low, exact), short_fmod(x.high, y.high, exact));
    if (__builtin_expect(exact, 1)) return r;
    return each_lane([](float p, float q) { return __builtin_fmodf(p, q); }, a, b);
}

// With the sign of b, as % in Python.
template <class V>
FASTNN_INLINE V remainder(V a, V b) {
    const V r = fmod(a, b);
    return select((r != 0) & ((r < 0) ^ (b < 0)), r + b, r);
}

// floor(a / b) from the remainder, exact for quotients of any size.
template <class V>
FASTNN_INLINE V floor_divide(V a, V b) {
    const V r = fmod(a, b);
    V q = (a - r) / b;
    q = select((r != 0) & ((r < 0) ^ (b < 0)), q - 1, q);
    const V down = floor(q);
    const V nearest = select(q - down > 0.5f, down + 1, down);
    return select(b == 0, a / b, select(q == 0, copysign(V(0), a / b), nearest));
}

}  // namespace
}  // namespace fastnn::FASTNN_ISA
