// Math functions on Vec<float> and Vec<double>.
//
// One source for every level and both types; only constants differ. Arguments and results may be
// infinite, NaN or denormal. An error of one ULP is the distance between the two neighbours of the
// true value; the bounds hold on every level (docs/dev/math.md has the figures, tests/simd checks
// them). Polynomials are minimax fits with coefficients rounded to T. generic.h has no FMA, so
// reductions split their constants to make the products exact that must be.
#pragma once

#include "vec.h"

namespace fastnn::FASTNN_ISA {

// c[0] + c[1] x + c[2] x^2 + ..., the tail as pairs in x^2: one operation more than Horner's
// scheme, but half the latency, which CPUs cannot hide behind the next iterations of a loop. c[0]
// is added last, so that it is rounded once.
template <class T, int N>
FASTNN_INLINE Vec<T> polynomial(Vec<T> x, const T (&c)[N]) {
    constexpr int last = N / 2 * 2 - 1;  // the first coefficient of the last pair
    const Vec<T> x2 = x * x;
    Vec<T> p = c[last];
    if constexpr (last + 1 < N) p = fma(x, c[last + 1], p);
#pragma GCC unroll 16
    for (int i = last - 2; i > 0; i -= 2) p = fma(p, x2, fma(x, c[i + 1], c[i]));
    return fma(p, x, c[0]);
}

// log2e      1 / ln 2; ln2_high is so short that n * ln2_high is exact for |n| < 2^9 (2^13).
// exp, expm1 (exp(r) - 1 - r) / r^2, |r| <= ln2/2, fitted for exp(r) and for exp(r) - 1.
// log        (log((1+s)/(1-s)) - 2s) / s^3 in s^2 <= 0.04; log_tail: without the first term, 2/3.
// sin, cos   (sin(r) - r) / r^3 and (cos(r) - 1 + r^2/2) / r^4 in r^2, |r| <= pi/4.
// erfc_log2  log2(erfc(x)) / x, 0 <= x <= 3.93, fitted for 1 - 2^(...).
// exp2m1     (2^r - 1) / r, |r| <= 1/2.
// erf        erf(x) / x in x^2, |x| <= 1.
// erfc       erfc(x) exp(x^2) in (x-2.5)/(x+2.5), 1 <= x <= 6.
template <class T>
struct Constants;

template <>
struct Constants<float> {
    static constexpr float log2e = 1.442695f, ln2_high = 0.69314575f, ln2_low = 1.4286068e-06f;
    static constexpr float exp[] = {0.49999988f, 0.16666518f, 0.041669652f, 0.008368945f,
                                    0.0013744961f};
    static constexpr float expm1[] = {0.49999997f, 0.16666542f, 0.041667506f, 0.008366674f,
                                      0.0013864178f};
    static constexpr float log[] = {0.66666716f, 0.3997863f, 0.29965013f};
    static constexpr float sin[] = {-0.16666664f, 0.008332717f, -0.00019583866f};
    static constexpr float cos[] = {0.041666664f, -0.0013888272f, 2.4543948e-05f};
    static constexpr float erfc_log2[] = {-1.627907f,    -0.9184447f,     -0.14832158f,
                                          0.027852282f,  -0.00026522056f, -0.0018281081f,
                                          0.0005573455f, -5.975473e-05f};
    static constexpr float exp2m1[] = {0.6931472f,   0.24022649f,   0.055503663f,
                                       0.009618323f, 0.0013387894f, 0.00015376712f};
};

template <>
struct Constants<double> {
    static constexpr double log2e = 1.4426950408889634, ln2_high = 0.6931471805592082,
                            ln2_low = 7.371002565167799e-13;
    static constexpr double exp[] = {0.5000000000000012,     0.16666666666666477,
                                     0.04166666666651975,    0.008333333333455043,
                                     0.0013888888945919455,  0.00019841269589119872,
                                     2.4801491034913256e-05, 2.755751453575942e-06,
                                     2.7630905275133444e-07, 2.5022328170356384e-08};
    static constexpr double expm1[] = {0.5,
                                       0.16666666666666677,
                                       0.04166666666666661,
                                       0.00833333333332147,
                                       0.001388888888892392,
                                       0.0001984126988645462,
                                       2.4801587237049368e-05,
                                       2.755724393448729e-06,
                                       2.7557353523801497e-07,
                                       2.5109118316948408e-08,
                                       2.0889237280281045e-09};
    static constexpr double log[] = {0.6666666666666666,  0.40000000000009095, 0.28571428566959695,
                                     0.22222223086431264, 0.18181735278578606, 0.15388945171581783,
                                     0.13208411815728802, 0.13617709915078394};
    static constexpr double sin[] = {-0.16666666666666666,    0.008333333333332912,
                                     -0.00019841269840720416, 2.755731891656437e-06,
                                     -2.5052024419622067e-08, 1.6047920918036125e-10,
                                     -7.057422362530562e-13};
    static constexpr double cos[] = {0.041666666666666664,   -0.0013888888888887838,
                                     2.48015873002225e-05,   -2.7557318464250994e-07,
                                     2.0876551214267265e-09, -1.1443929540093935e-11,
                                     3.4225005521615555e-14};
    static constexpr double erf[] = {
        1.1283791670955126,     -0.37612638903183593,    0.11283791670950176,
        -0.026866170644414634,  0.0052239776195874875,   -0.0008548326725031805,
        0.00012055322928603282, -1.4925419137997137e-05, 1.6458430759282582e-06,
        -1.632524571135081e-07, 1.4503226575641507e-08,  -1.0806921280565901e-09,
        5.056550868141947e-11};
    static constexpr double erfc[] = {
        0.21080636406114356,    -0.37173673394897305,    0.25171319321746394,
        -0.1250330523789081,    0.039922539074042626,    -0.003993701160308598,
        -0.002642365902338707,  0.0008759152858528705,   0.00022837914886401645,
        -0.0001288747621465185, -3.4168861143288035e-05, 1.8596185507899477e-05,
        7.471166058455961e-06,  -2.231426480665588e-06,  -1.5409371283548686e-06};
    static constexpr double log_tail[] = {0.4,
                                          0.28571428571425844,
                                          0.22222222223203558,
                                          0.1818181802211958,
                                          0.15384629324392174,
                                          0.13332630058524805,
                                          0.11785603892069639,
                                          0.1017270517250983,
                                          0.12543671608384763};
    static constexpr double two_thirds_low = 3.700743415417188e-17;
};

// r and n with x = n ln2 + r, n whole, |r| <= ln2/2.
template <class T>
FASTNN_INLINE Vec<T> reduce_log2(Vec<T> x, Vec<T>& n) {
    using C = Constants<T>;
    n = round(x * C::log2e);
    return fnma(n, C::ln2_low, fnma(n, C::ln2_high, x));
}

// exp(r) for |r| <= ln2/2; the 1 is added last, so that roundings before it are small.
template <class T>
FASTNN_INLINE Vec<T> exp_reduced(Vec<T> r) {
    return fma(r * r, polynomial(r, Constants<T>::exp), r) + T(1);
}

// exp: at most 1.2 ULP in float, 1.2 in double.
template <class T>
FASTNN_INLINE Vec<T> exp(Vec<T> x) {
    // Beyond these bounds the result is 0 or infinity; the order of arguments keeps NaN.
    constexpr bool single = sizeof(T) == 4;
    const Vec<T> low = single ? T(-104) : T(-746), high = single ? T(89) : T(710);
    Vec<T> n;
    const Vec<T> r = reduce_log2(max(low, min(high, x)), n);
    return scale(exp_reduced(r), n);
}

// (exp(x) - 1) / 2 for x in [-38, 710] (float: [-18, 89]) = 2^(n-1) (1 + q) - 1/2, q = exp(r) - 1.
template <class T>
FASTNN_INLINE Vec<T> half_expm1(Vec<T> x, Vec<T>& n, Vec<T>& q) {
    const Vec<T> r = reduce_log2(x, n);
    q = fma(r * r, polynomial(r, Constants<T>::expm1), r);
    const Vec<T> power = power_of_two(n - T(1));
    return fma(power, q, power - T(0.5));
}

// expm1: at most 1.7 ULP in float, 2.0 in double.
template <class T>
FASTNN_INLINE Vec<T> expm1(Vec<T> x) {
    constexpr bool single = sizeof(T) == 4;
    const Vec<T> low = single ? T(-18) : T(-38), high = single ? T(89) : T(710);
    Vec<T> n, q;
    // Half of it does not overflow before the result does.
    const Vec<T> y = half_expm1(max(low, min(high, x)), n, q);
    // For n = 0 denormals are not rounded, and -0 stays.
    return select(n == T(0), copysign(q, x), y + y);
}

// log(1 + f) + n ln2 for f in [-0.25, 0.5).
template <class T>
FASTNN_INLINE Vec<T> log_reduced(Vec<T> f, Vec<T> n) {
    using C = Constants<T>;
    // With s = f/(2+f), log(1+f) = 2s + s R = f - (f^2/2 - s (f^2/2 + R)): f leads, and is exact.
    const Vec<T> s = f / (f + T(2));
    const Vec<T> z = s * s;
    const Vec<T> r = z * polynomial(z, C::log);
    const Vec<T> h = f * f * T(0.5);
    const Vec<T> rest = h - fma(s, h + r, n * C::ln2_low);
    return fma(n, C::ln2_high, f - rest);
}

// Infinity and NaN, 0 and negative numbers, given y = log(x) for all others.
template <class T>
FASTNN_INLINE Vec<T> log_special(Vec<T> x, Vec<T> y) {
    const Vec<T> infinity = T(__builtin_inf()), nan = T(__builtin_nan(""));
    y = select(x < infinity, y, x);
    y = select(x > T(0), y, nan);
    return select(x == T(0), -infinity, y);
}

// log: at most 1.0 ULP in float, 0.9 in double.
template <class T>
FASTNN_INLINE Vec<T> log(Vec<T> x) {
    Vec<T> n;
    const Vec<T> m = split(x, n);
    return log_special(x, log_reduced(m - T(1), n));
}

// log1p: at most 1.0 ULP in float, 0.9 in double.
template <class T>
FASTNN_INLINE Vec<T> log1p(Vec<T> x) {
    // u + c = 1 + x exactly where c matters.
    const Vec<T> one = T(1);
    const Vec<T> u = x + one;
    const Vec<T> c = x - (u - one);
    Vec<T> n;
    const Vec<T> m = split(u, n);
    const Vec<T> y =
        log_reduced((m - one) + c * power_of_two(max(-n, Vec<T>(T(-Format<T>::bias)))), n);
    const Vec<T> tiny = sizeof(T) == 4 ? T(0x1p-25) : T(0x1p-54);
    return select(abs(x) < tiny, x, log_special(u, y));
}

// tanh: at most 2.6 ULP in float, 2.6 in double.
template <class T>
FASTNN_INLINE Vec<T> tanh(Vec<T> x) {
    // y = expm1(-2|x|) / 2 lies in (-1/2, 0], so nothing cancels in y / (y + 1).
    const Vec<T> low = sizeof(T) == 4 ? T(-18) : T(-38);
    Vec<T> n, q;
    const Vec<T> y = half_expm1(max(low, T(-2) * abs(x)), n, q);
    return copysign(y / (y + T(1)), x);
}

// sigmoid: at most 2.5 ULP in float, 2.2 in double.
template <class T>
FASTNN_INLINE Vec<T> sigmoid(Vec<T> x) {
    // exp(-|x|) does not overflow, and the small results for x < 0 are not a difference.
    const Vec<T> one = T(1);
    const Vec<T> e = exp(-abs(x));
    return select(x < T(0), e, one) / (one + e);
}

// erf: at most 3.2 ULP in float, 2.0 in double.
FASTNN_INLINE Vec<float> erf(Vec<float> x) {
    using C = Constants<float>;
    // 1 - erf(a) = 2^u. u has no constant term, so 1 - 2^u is as good for small a as for large,
    // where errors of u fade; and there is nothing to divide. erf is 1 from 3.93 on.
    const Vec<float> a = min(Vec<float>(3.93f), abs(x));
    const Vec<float> u = a * polynomial(a, C::erfc_log2);
    const Vec<float> n = round(u);
    const Vec<float> r = u - n;
    const Vec<float> q = r * polynomial(r, C::exp2m1);
    const Vec<float> power = power_of_two(n);
    return copysign(fnma(power, q, 1.0f - power), x);
}

FASTNN_INLINE Vec<double> erf(Vec<double> x) {
    using C = Constants<double>;
    const Vec<double> a = abs(x);
    const Vec<double> small = x * polynomial(x * x, C::erf);
    // Beyond 6 erf rounds to 1; the order of arguments keeps NaN.
    const Vec<double> b = min(Vec<double>(6.0), a);
    const Vec<double> e = exp(-b * b) * polynomial((b - 2.5) / (b + 2.5), C::erfc);
    return select(a < 1.0, small, copysign(1.0 - e, x));
}

// rsqrt: at most 1.5 ULP in float, 1.5 in double.
template <class T>
FASTNN_INLINE Vec<T> rsqrt(Vec<T> x) {
    return T(1) / sqrt(x);
}

// pi/2 = a + b + c + d = a + rest. a, b and c have 33 bits, so n times each is exact for n < 2^20.
struct HalfPi {
    static constexpr double bound = 0x1p20;  // the largest |x| reduced with them
    static constexpr double inverse = 0.6366197723675814;
    static constexpr double a = 1.5707963267341256;
    static constexpr double b = 6.077100506303966e-11;
    static constexpr double c = 2.0222662487111665e-21;
    static constexpr double d = 8.4784276603689e-32;
    static constexpr double rest = 6.077100506506192e-11;
};

// r and n with x = n pi/2 + r, n whole, |r| <= pi/4, for |x| <= bound. A double up to there is
// never nearer than 2^-61 to a multiple of pi/2, which takes n pi/2 to 2^-116.
FASTNN_INLINE Vec<double> reduce_half_pi(Vec<double> x, Vec<double>& n) {
    n = round(x * HalfPi::inverse);
    const Vec<double> r = fnma(n, HalfPi::b, fnma(n, HalfPi::a, x));
    return fnma(n, HalfPi::d, fnma(n, HalfPi::c, r));
}

// In three parts where they suffice: up to 2^13 the first difference is exact, and the others are
// rounded once. Beyond, and without FMA, in double, where two are enough: a float is never nearer
// than 2^-28.
FASTNN_INLINE Vec<float> reduce_half_pi(Vec<float> x, Vec<float>& n) {
    if (Native<float>::fused && __builtin_expect(all(abs(x) <= 0x1p13f), 1)) {
        n = round(x * float(HalfPi::inverse));
        const Vec<float> r = fnma(n, -4.37113883e-08f, fnma(n, 1.57079637f, x));
        return fnma(n, -1.71512451e-15f, r);
    }
    const Wide w = widen(x);
    const Vec<double> n1 = round(w.low * HalfPi::inverse), n2 = round(w.high * HalfPi::inverse);
    n = narrow(n1, n2);
    return narrow(fnma(n1, HalfPi::rest, fnma(n1, HalfPi::a, w.low)),
                  fnma(n2, HalfPi::rest, fnma(n2, HalfPi::a, w.high)));
}

// sin(r) and cos(r) for |r| <= pi/4.
template <class T>
FASTNN_INLINE void sin_cos_reduced(Vec<T> r, Vec<T>& s, Vec<T>& c) {
    using C = Constants<T>;
    const Vec<T> z = r * r;
    s = fma(r * z, polynomial(z, C::sin), r);
    c = fma(z * z, polynomial(z, C::cos), fnma(z, T(0.5), T(1)));
}

// sin(x + shift pi/2), shift 0 or 1.
template <class T>
FASTNN_INLINE Vec<T> sin_shifted(Vec<T> x, int shift) {
    using Int = typename Vec<T>::Int;
    constexpr int mantissa = Format<T>::mantissa;
    Vec<T> n, s, c;
    sin_cos_reduced(reduce_half_pi(x, n), s, c);
    // The last two bits of n + shift choose the function and the sign.
    const Vec<T> magic = T(3) * T(1ull << (mantissa - 1)) + T(shift);
    const Int q = bits(n + magic);
    const Vec<T> odd = Vec<T>::from_bits(q << (8 * int(sizeof(T)) - 1));
    const Vec<T> sign = Vec<T>::from_bits((q >> 1) << (8 * int(sizeof(T)) - 1));
    return xorsign(select(copysign(Vec<T>(T(1)), odd) < T(0), c, s), sign);
}

// The lanes that are too large for reduce_half_pi, by libm.
template <class T>
__attribute__((noinline)) void sin_large(const T* x, T* y, int n, int shift) {
    for (int i = 0; i < n; ++i)
        if (!(__builtin_fabs(double(x[i])) <= HalfPi::bound))
            y[i] = T(shift ? __builtin_cos(double(x[i])) : __builtin_sin(double(x[i])));
}

template <class T>
FASTNN_INLINE Vec<T> sin_any(Vec<T> x, int shift) {
    Vec<T> y = sin_shifted(x, shift);
    if (__builtin_expect(!all(abs(x) <= T(HalfPi::bound)), 0)) {
        T from[Vec<T>::width], to[Vec<T>::width];
        x.store(from);
        y.store(to);
        sin_large(from, to, Vec<T>::width, shift);
        y = Vec<T>::load(to);
    }
    return y;
}

// sin: at most 1.6 ULP in float, 2.1 in double.
template <class T>
FASTNN_INLINE Vec<T> sin(Vec<T> x) {
    return select(x == T(0), x, sin_any(x, 0));
}

// cos: at most 1.6 ULP in float, 2.1 in double.
template <class T>
FASTNN_INLINE Vec<T> cos(Vec<T> x) {
    return sin_any(x, 1);
}

// The unevaluated sum high + low, |low| at most half an ULP of high.
struct Pair {
    Vec<double> high, low;
};

// a + b exactly, for |a| >= |b| or a = 0.
FASTNN_INLINE Pair two_sum(Vec<double> a, Vec<double> b) {
    const Vec<double> s = a + b;
    return {s, b - (s - a)};
}

// a * b exactly, away from underflow and overflow.
FASTNN_INLINE Pair two_product(Vec<double> a, Vec<double> b) {
    const Vec<double> p = a * b;
    if constexpr (Native<double>::fused) {
        return {p, fma(a, b, -p)};
    } else {
        // Dekker: halves of 26 bits, whose products are exact.
        const Vec<double> split = 0x1p27 + 1;
        const Vec<double> a1 = split * a - (split * a - a), a2 = a - a1;
        const Vec<double> b1 = split * b - (split * b - b), b2 = b - b1;
        return {p, ((a1 * b1 - p) + a1 * b2 + a2 * b1) + a2 * b2};
    }
}

// log(x) to 2^-64 of itself, for 0 < x < infinity: n ln2 + 2s + s^3 (2/3 + s^2 T), as log_reduced
// but with all that is not small in pairs.
FASTNN_INLINE Pair log_pair(Vec<double> x) {
    using C = Constants<double>;
    Vec<double> n;
    const Vec<double> f = split(x, n) - 1.0;
    const Pair d = two_sum(2.0, f);
    const Vec<double> s = f / d.high;
    const Pair sd = two_product(s, d.high);
    const Vec<double> s_low = (((f - sd.high) - sd.low) - s * d.low) / d.high;
    Pair z = two_product(s, s);
    z.low = fma(s + s, s_low, z.low);
    Pair r = two_sum(2.0 / 3.0, z.high * polynomial(z.high, C::log_tail));
    r.low += C::two_thirds_low;
    Pair sz = two_product(s, z.high);
    sz.low += fma(s, z.low, s_low * z.high);
    Pair t = two_product(sz.high, r.high);
    t.low += fma(sz.high, r.low, sz.low * r.high);
    const Pair a = two_sum(n * C::ln2_high, s + s);
    const Pair b = two_sum(a.high, t.high);
    return two_sum(b.high, b.low + (a.low + fma(n, C::ln2_low, s_low + s_low + t.low)));
}

// x^y for x >= 0.
FASTNN_INLINE Vec<double> pow_magnitude(Vec<double> x, Vec<double> y) {
    const Vec<double> zero, infinity = __builtin_inf();
    // No power beyond 2^65 differs from 0, 1 or infinity.
    const Vec<double> bounded = max(Vec<double>(-0x1p65), min(Vec<double>(0x1p65), y));
    const Pair l = log_pair(x);
    Pair t = two_product(bounded, l.high);
    t.low = fma(bounded, l.low, t.low);
    const Vec<double> clamped = max(Vec<double>(-746.0), min(Vec<double>(710.0), t.high));
    Vec<double> n;
    Vec<double> r = reduce_log2(clamped, n);
    r += select(clamped == t.high, t.low, zero);
    const Vec<double> m = scale(exp_reduced(r), n);
    const Vec<double> limit = select((x == zero) ^ (y < zero), zero, infinity);
    return select((x == zero) | (x == infinity), select(y == y, limit, y), select(x == x, m, x));
}

// In double, which leaves one rounding.
FASTNN_INLINE Vec<float> pow_magnitude(Vec<float> x, Vec<float> y) {
    const Vec<float> bounded = max(Vec<float>(-0x1p40f), min(Vec<float>(0x1p40f), y));
    const Wide a = widen(x), b = widen(bounded);
    return narrow(exp(b.low * log(a.low)), exp(b.high * log(a.high)));
}

// pow: at most 0.6 ULP in float, 1.4 in double.
// With the special cases of C: pow(x, 0) = pow(1, y) = 1 even for NaN, negative x to whole powers.
template <class T>
FASTNN_INLINE Vec<T> pow(Vec<T> x, Vec<T> y) {
    const Vec<T> zero, one = T(1), half = y * T(0.5);
    const Vec<T> m = pow_magnitude(abs(x), y);
    const Mask<T> whole = round(y) == y, odd = whole & (round(half) != half);
    Vec<T> p = select(odd, copysign(m, x), m);
    p = select((x < zero) & ~whole & (x != -Vec<T>(T(__builtin_inf()))), T(__builtin_nan("")), p);
    return select((y == zero) | (x == one), one, p);
}

}  // namespace fastnn::FASTNN_ISA
