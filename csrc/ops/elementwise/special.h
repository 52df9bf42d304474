// Inverse hyperbolic, error, gamma and zeta functions, and sums of logarithms. For kernel files
// only.
//
// Those that need many digits on the way compute float32 in float64 and round once. Worst errors
// found over random arguments, in ULP of float32 and float64: acosh, asinh, atanh 3 and 3, exp2 2
// and 2, erfc 3 and 7, erfinv 4 and 4, hypot 2 and 2; digamma, trigamma, lgamma, zeta and logit are
// as good where they are not close to one of their zeros.
#pragma once

#include "ops/elementwise/functions.h"

namespace fastnn::FASTNN_ISA {
namespace {

constexpr double kPiDouble = 3.14159265358979323846, kLogOf2 = 0.693147180559945309417;

// f in float64, also of float32.
template <class F>
FASTNN_INLINE Vec<double> in_double(F f, Vec<double> x) {
    return f(x);
}
template <class F>
FASTNN_INLINE Vec<float> in_double(F f, Vec<float> x) {
    const Wide w = widen(x);
    return narrow(f(w.low), f(w.high));
}
template <class F>
FASTNN_INLINE Vec<double> in_double(F f, Vec<double> a, Vec<double> b) {
    return f(a, b);
}
template <class F>
FASTNN_INLINE Vec<float> in_double(F f, Vec<float> a, Vec<float> b) {
    const Wide v = widen(a), w = widen(b);
    return narrow(f(v.low, w.low), f(v.high, w.high));
}

template <class V>
FASTNN_INLINE V exp2(V x) {
    constexpr bool single = sizeof(x.lane(0)) == 4;
    const V bounded =
        max(constant<V>(single ? -151 : -1076), min(constant<V>(single ? 129 : 1025), x));
    const V n = round(bounded);
    return scale(exp_reduced((bounded - n) * constant<V>(kLogOf2)), n);
}

// log(x) + log(2) from 2^54 on, where x + sqrt(x^2 +- 1) is 2 x and squares might overflow.
template <class V>
FASTNN_INLINE V log1p_or_double(V a, V sum) {
    const auto large = a > 0x1p54f;
    return log1p(select(large, a, sum)) + select(large, constant<V>(kLogOf2), V(0));
}

template <class V>
FASTNN_INLINE V asinh(V x) {
    const V a = abs(x);
    const V square = a * a;
    return copysign(log1p_or_double(a, a + square / (sqrt(square + 1) + 1)), x);
}

template <class V>
FASTNN_INLINE V acosh(V x) {
    const V t = x - 1;
    const V y = log1p_or_double(t, t + sqrt(t * (t + 2)));
    return select(x < 1, constant<V>(__builtin_nan("")), y);
}

template <class V>
FASTNN_INLINE V atanh(V x) {
    const V a = abs(x);
    return copysign(log1p((a + a) / (1 - a)) * 0.5f, x);
}

// erfc(x) exp(x^2) in (x - 4.5) / (x + 4.5) for 0.5 <= x <= 27.3, off by 4e-16 of itself.
FASTNN_INLINE Vec<double> scaled_erfc(Vec<double> x) {
    constexpr double p[] = {
        0.12248480427384142,     -0.23414335767845826,   0.20431980252513088,
        -0.162453026411055,      0.11726736367832835,    -0.076422694894776,
        0.04458505076554848,     -0.022986911747084445,  0.010259965883857532,
        -0.0038231096173492983,  0.0011013818649488589,  -0.00019225229647117074,
        -1.284784910776155e-05,  2.1721486257904365e-05, -6.195618337053576e-06,
        -2.391873389288477e-07,  7.234930993372657e-07,  -1.4974833718441731e-07,
        -5.2553411993333745e-08, 2.0178420939614176e-08, 3.609968292194864e-09};
    return polynomial((x - 4.5) / (x + 4.5), p);
}

// erfc of a >= 1/2, and e^(-a^2), whose exponent has more digits than a double.
FASTNN_INLINE Vec<double> erfc_tail(Vec<double> a, Vec<double>& density) {
    const Vec<double> b = min(Vec<double>(27.3), a);
    const Pair square = two_product(b, b);
    const Vec<double> e = exp(-square.high);
    density = fnma(e, square.low, e);
    return density * scaled_erfc(b);
}

FASTNN_INLINE Vec<double> erfc_double(Vec<double> x) {
    const Vec<double> a = abs(x);
    Vec<double> density;
    const Vec<double> tail = erfc_tail(a, density);
    const Vec<double> y = select(x < 0, 2 - tail, tail);
    return select(x != x, x, select(a < 0.5, 1 - x * polynomial(x * x, Constants<double>::erf), y));
}

FASTNN_INLINE Vec<double> erfc(Vec<double> x) {
    return erfc_double(x);
}

// As in double, with erfc(x) exp(x^2) (x + 1) in (x - 1) / (x + 1), off by 2e-8 of itself.
FASTNN_INLINE Vec<float> erfc(Vec<float> x) {
    using V = Vec<float>;
    if constexpr (!Native<float>::fused) {
        return in_double([](auto v) { return erfc_double(v); }, x);
    } else {
        constexpr float kErf[] = {1.12837917f,    -0.376126389f,    0.112837917f,   -0.0268661706f,
                                  0.00522397762f, -0.000854832703f, 0.000120553329f};
        constexpr float p[] = {0.85516715f,    -0.23768122f,  -0.095555738f,   0.01392708f,
                               0.025354505f,   0.0092952326f, -0.00047334598f, -0.0030749084f,
                               -0.0062343073f, 0.003456316f};
        const V a = abs(x), b = min(V(10.1f), a);
        const V square = b * b, low = fma(b, b, -square);
        const V inverse = 1 / (b + 1);
        V n;
        const V r = reduce_log2(-square, n) - low;
        const V tail = scale(exp_reduced(r) * (inverse * polynomial((b - 1) * inverse, p)), n);
        return select(a < 0.5f, 1 - x * polynomial(x * x, kErf), select(x < 0, 2 - tail, tail));
    }
}

// M. Giles, "Approximating the erfinv function", GPU Computing Gems, 2011: in w = -log(1 - x^2),
// for w below 5 and in the tails.
struct Giles {
    static constexpr float middle[] = {1.50140941f,     0.246640727f,    -0.00417768164f,
                                       -0.00125372503f, 0.00021858087f,  -4.39150654e-06f,
                                       -3.5233877e-06f, 3.43273939e-07f, 2.81022636e-08f};
    static constexpr float tail[] = {2.83297682f,    1.00167406f,     0.00943887047f,
                                     -0.0076224613f, 0.00573950773f,  -0.00367342844f,
                                     0.00134934322f, 0.000100950558f, -0.000200214257f};
};

FASTNN_INLINE Vec<float> erfinv(Vec<float> x) {
    using V = Vec<float>;
    const V a = abs(x);
    const V w = -log((1 - a) * (1 + a));
    const V y = a * select(w < 5, polynomial(w - 2.5f, Giles::middle),
                           polynomial(sqrt(w) - 3, Giles::tail));
    const V ends = select(a == 1, __builtin_inff(), select(a < 1, y, __builtin_nanf("")));
    return copysign(ends, x);
}

// Two steps of Halley's method from that approximation, in the tails from the asymptotic one. They
// solve erf(y) = x, and beyond a half erfc(y) = 1 - x, which is exact.
FASTNN_INLINE Vec<double> erfinv(Vec<double> x) {
    using V = Vec<double>;
    constexpr double p[] = {1.50140941,     0.246640727,    -0.00417768164,
                            -0.00125372503, 0.00021858087,  -4.39150654e-06,
                            -3.5233877e-06, 3.43273939e-07, 2.81022636e-08};
    const V a = abs(x);
    const V w = -log((1 - a) * (1 + a));
    const V l = -log(1 - a);
    V y = select(w < 5, a * polynomial(w - 2.5, p), sqrt(l - log(l * kPiDouble) * 0.5));
    for (int i = 0; i < 2; ++i) {
        V density;
        const V tail = erfc_tail(y, density);
        const V excess =
            select(a < 0.5, y * polynomial(y * y, Constants<double>::erf) - a, (1 - a) - tail);
        const V step = excess / (density * 1.128379167095512573896);
        y = y - step / (1 + y * step);
    }
    y = select(a == 1, __builtin_inf(), select(a < 1, y, __builtin_nan("")));
    return copysign(select(a == 0, a, y), x);
}

FASTNN_INLINE Vec<double> lgamma(Vec<double> x) {
    return each_lane(
        [](double v) {
            int sign;
            return __builtin_lgamma_r(v, &sign);
        },
        x);
}

// Stirling's series at 8 or more, reached by the product of the arguments before; below 0 from
// lgamma(1 - x), and the sine of pi x, whose argument is reduced exactly.
FASTNN_INLINE Vec<double> lgamma_double(Vec<double> x) {
    using V = Vec<double>;
    constexpr double p[] = {1.0 / 12,   -1.0 / 360,        1.0 / 1260, -1.0 / 1680,
                            1.0 / 1188, -691.0 / 360360.0, 1.0 / 156};
    const auto negative = x < 0;
    V a = select(negative, 1 - x, x), product = 1;
    for (int i = 0; i < 8; ++i) {
        const auto low = a < 8;
        product = select(low, product * a, product);
        a = select(low, a + 1, a);
    }
    const V inverse = 1 / a;
    const V series = inverse * polynomial(inverse * inverse, p);
    V y = (a - 0.5) * (log(a) - 1) + (0.418938533204672741780 + series) - log(product);
    if (any(negative)) {
        const V sine = abs(sin((x - round(x)) * kPiDouble));
        y = select(negative, log(kPiDouble / sine) - y, y);
    }
    return select(abs(x) == __builtin_inf(), __builtin_inf(), y);
}

FASTNN_INLINE Vec<float> lgamma(Vec<float> x) {
    return in_double([](auto v) { return lgamma_double(v); }, x);
}

// The asymptotic series at 10 or more, reached by psi(x) = psi(x + 1) - 1/x, whose terms are added
// as one fraction; below 0 from psi(1 - x), and pi / tan(pi x) whose argument is reduced exactly.
FASTNN_INLINE Vec<double> digamma_double(Vec<double> x) {
    using V = Vec<double>;
    constexpr double p[] = {1.0 / 12,  -1.0 / 120,     1.0 / 252, -1.0 / 240,
                            1.0 / 132, -691.0 / 32760, 1.0 / 12};
    const auto negative = x < 0;
    V a = select(negative, 1 - x, x), over, under = 1;
    for (int i = 0; i < 10; ++i) {
        const auto low = a < 10;
        over = select(low, fma(over, a, under), over);
        under = select(low, under * a, under);
        a = select(low, a + 1, a);
    }
    const V inverse = 1 / a;
    const V z = inverse * inverse;
    V y = log(a) - inverse * 0.5 - z * polynomial(z, p) - over / under;
    if (any(negative)) {
        const V angle = (x - round(x)) * kPiDouble;
        y = select(negative, y - kPiDouble * cos(angle) / sin(angle), y);
        y = select(negative & (round(x) == x), __builtin_nan(""), y);
    }
    return select(x == 0, copysign(V(__builtin_inf()), -x), y);
}

template <class V>
FASTNN_INLINE V digamma(V x) {
    return in_double([](auto v) { return digamma_double(v); }, x);
}

// The derivative of digamma, in the same way: psi'(x) = psi'(x + 1) + 1/x^2, and below 0
// (pi / sin(pi x))^2 - psi'(1 - x).
FASTNN_INLINE Vec<double> trigamma_double(Vec<double> x) {
    using V = Vec<double>;
    constexpr double p[] = {1.0 / 6,  -1.0 / 30,       1.0 / 42, -1.0 / 30,
                            5.0 / 66, -691.0 / 2730.0, 7.0 / 6};
    const auto negative = x < 0;
    V a = select(negative, 1 - x, x), over, under = 1;
    for (int i = 0; i < 10; ++i) {
        const auto low = a < 10;
        const V square = a * a;
        over = select(low, fma(over, square, under), over);
        under = select(low, under * square, under);
        a = select(low, a + 1, a);
    }
    const V inverse = 1 / a;
    const V z = inverse * inverse;
    V y = fma(z, 0.5, inverse) + inverse * z * polynomial(z, p) + over / under;
    if (any(negative)) {
        const V ratio = kPiDouble / sin((x - round(x)) * kPiDouble);
        y = select(negative, ratio * ratio - y, y);
    }
    return y;
}

template <class V>
FASTNN_INLINE V trigamma(V x) {
    return in_double([](auto v) { return trigamma_double(v); }, x);
}

// Sum over k >= 0 of (q + k)^-s for q > 0, s > 1: ten terms, and the series of Euler and Maclaurin
// for the others.
FASTNN_INLINE Vec<double> zeta_positive(Vec<double> s, Vec<double> q) {
    using V = Vec<double>;
    constexpr double kTerms[] = {1 / 12.0,          -1 / 720.0,
                                 1 / 30240.0,       -1 / 1209600.0,
                                 1 / 47900160.0,    -1 / 1892437580.3183791606,
                                 1 / 74724249600.0, -1 / 2950130727918.164224};
    V sum;
    for (int k = 0; k < 10; ++k) sum += pow(q + static_cast<double>(k), -s);
    const V a = q + 10.0;
    const V power = pow(a, -s);
    V factor = power * s / a;
    V rest = power * (a / (s - 1) + 0.5);
    for (int j = 0; j < 8; ++j) {
        rest += factor * kTerms[j];
        factor *= (s + (2 * j + 1.0)) * (s + (2 * j + 2.0)) / (a * a);
    }
    return sum + rest;
}

// For q below 0 the terms of negative base are a difference of two such sums: s must be whole.
FASTNN_INLINE Vec<double> zeta_double(Vec<double> s, Vec<double> q) {
    using V = Vec<double>;
    const auto negative = q <= 0;
    const V f = q - floor(q);
    const bool reflect = any(negative);
    V part[3];
    const V bases[3] = {select(negative, f, q), 1 - f, 1 - q};
    for (int i = 0; i < (reflect ? 3 : 1); ++i) part[i] = zeta_positive(s, bases[i]);
    const V half = s * 0.5;
    const V extra = part[1] - part[2];
    V y = part[0] + select(negative, select(round(half) == half, extra, -extra), V(0));
    y = select(negative & (f == 0), __builtin_inf(), y);
    y = select(q == __builtin_inf(), 0.0, y);
    y = select(negative & (round(s) != s), __builtin_nan(""), y);
    return select(s > 1, y, select(s == 1, V(__builtin_inf()), V(__builtin_nan(""))));
}

template <class V>
FASTNN_INLINE V zeta(V s, V q) {
    return in_double([](auto a, auto b) { return zeta_double(a, b); }, s, q);
}

template <class V>
FASTNN_INLINE V sinc(V x) {
    const V p = x * constant<V>(kPiDouble);
    return select(x == 0, V(1), sin(p) / p);
}

// pi (cos(p) - sin(p) / p) / p with p = pi x; near 0, where both are equal, the series.
template <class V>
FASTNN_INLINE V sinc_slope(V x) {
    using T = decltype(x.lane(0));
    constexpr T c[] = {T(-1.0 / 3),           T(1.0 / 30),          T(-1.0 / 840),
                       T(1.0 / 45360),        T(-1.0 / 3991680),    T(1.0 / 518918400),
                       T(-1.0 / 93405312000), T(4.498433015592e-14)};
    const V p = x * constant<V>(kPiDouble);
    const V series = p * polynomial(p * p, c);
    return constant<V>(kPiDouble) * select(abs(p) < 1, series, (cos(p) - sin(p) / p) / p);
}

template <class V>
FASTNN_INLINE V hypot(V a, V b) {
    const V infinity = __builtin_inff();
    const V p = abs(a), q = abs(b);
    const V large = max(p, q), small = min(p, q);
    const V ratio = select(large == 0, V(0), small / large);
    const V y = select((a != a) | (b != b), a + b, large * sqrt(fma(ratio, ratio, V(1))));
    return select((p == infinity) | (q == infinity), infinity, y);
}

// log(e^a + e^b), or with base 2, where `scale` is log(2).
template <class V>
FASTNN_INLINE V logaddexp(V a, V b, double scale) {
    const V infinity = __builtin_inff();
    const V d = select(a == b, V(0), -abs(a - b));
    const V y = max(a, b) + log1p(exp(d * constant<V>(scale))) * constant<V>(1 / scale);
    return select((a != a) | (b != b), a + b, select(abs(a) == infinity, max(a, b), y));
}

// The neighbour of a on the side of b: its bits are an integer with the order of magnitudes.
template <class V>
FASTNN_INLINE V nextafter(V a, V b) {
    const auto grows = (b > a) ^ (a < 0);
    const V step = select(grows, V::from_bits(bits(a) + 1), V::from_bits(bits(a) - 1));
    const V y = select(a == 0, copysign(V::from_bits(bits(V(0)) + 1), b), step);
    return select(a == b, b, select((a != a) | (b != b), a + b, y));
}

}  // namespace
}  // namespace fastnn::FASTNN_ISA
