// exp, log, expm1, log1p, tanh, sigmoid, erf, sin, cos, rsqrt and pow on Vec<float> and
// Vec<double>.
//
// One source for every level and both types; only constants differ. Every input is taken:
// infinities, NaN, denormals (as results too). An error of one ULP is the distance between the two
// neighbours of the true value. Polynomials are minimax fits with coefficients rounded to T. As
// generic.h has no FMA, reductions split their constants so that the products that must be exact
// are.
#pragma once

#include "vec.h"

namespace fastnn::FASTNN_ISA {

// c[0] + c[1] x + c[2] x^2 + ...
template <class T, int N>
FASTNN_INLINE Vec<T> polynomial(Vec<T> x, const T (&c)[N]) {
    Vec<T> p = c[N - 1];
#pragma GCC unroll 32
    for (int i = N - 2; i >= 0; --i) p = fma(p, x, Vec<T>(c[i]));
    return p;
}

// log2e = 1 / ln 2. ln2_high is short enough for n * ln2_high to be exact (|n| < 2^9, 2^13).
// exp: exp(r), |r| <= ln2/2. expm1: (exp(r) - 1 - r) / r^2 there.
// log: (log((1+s)/(1-s)) - 2s) / s^3 in s^2 <= 0.04.
// sin, cos: (sin(r) - r) / r^3 and (cos(r) - 1 + r^2/2) / r^4 in r^2, |r| <= pi/4.
// erf_small: erf(x) / x in x^2, |x| <= 1. erfc: erfc(x) exp(x^2) in (x-c)/(x+c) from x = 1 to where
// erf is 1; c = 2 for float, 2.5 for double.
template <class T>
struct Constants;

template <>
struct Constants<float> {
    static constexpr float log2e = 1.442695f, ln2_high = 0.69314575f, ln2_low = 1.4286068e-06f;
    static constexpr float exp[] = {1.0f,         1.0f,         0.49999988f,  0.16666518f,
                                    0.041669652f, 0.008368945f, 0.0013744961f};
    static constexpr float expm1[] = {0.49999997f, 0.16666542f, 0.041667506f, 0.008366674f,
                                      0.0013864178f};
    static constexpr float log[] = {0.66666716f, 0.3997863f, 0.29965013f};
    static constexpr float sin[] = {-0.16666664f, 0.008332717f, -0.00019583866f};
    static constexpr float cos[] = {0.041666664f, -0.0013888272f, 2.4543948e-05f};
    static constexpr float erf_small[] = {1.1283791f,    -0.37612465f,  0.1128233f,
                                          -0.026811613f, 0.0051190993f, -0.00074635213f,
                                          6.189972e-05f};
    static constexpr float erfc[] = {0.25539568f,   -0.42718598f, 0.24165757f,   -0.07896856f,
                                     0.0037471724f, 0.006812832f, -0.0009256823f};
};

template <>
struct Constants<double> {
    static constexpr double log2e = 1.4426950408889634, ln2_high = 0.6931471805592082,
                            ln2_low = 7.371002565167799e-13;
    static constexpr double exp[] = {1.0,
                                     1.0,
                                     0.5000000000000012,
                                     0.16666666666666477,
                                     0.04166666666651975,
                                     0.008333333333455043,
                                     0.0013888888945919455,
                                     0.00019841269589119872,
                                     2.4801491034913256e-05,
                                     2.755751453575942e-06,
                                     2.7630905275133444e-07,
                                     2.5022328170356384e-08};
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
    static constexpr double erf_small[] = {
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
};

// r and n with x = n ln2 + r, n whole, |r| <= ln2/2.
template <class T>
FASTNN_INLINE Vec<T> reduce_log2(Vec<T> x, Vec<T>& n) {
    using C = Constants<T>;
    n = round(x * Vec<T>(C::log2e));
    return fnma(n, Vec<T>(C::ln2_low), fnma(n, Vec<T>(C::ln2_high), x));
}

template <class T>
FASTNN_INLINE Vec<T> exp(Vec<T> x) {
    // Beyond these bounds the result is 0 or infinity; the order of arguments keeps NaN.
    constexpr bool single = sizeof(T) == 4;
    const Vec<T> low = single ? T(-104) : T(-746), high = single ? T(89) : T(710);
    Vec<T> n;
    const Vec<T> r = reduce_log2(max(low, min(high, x)), n);
    return scale(polynomial(r, Constants<T>::exp), n);
}

template <class T>
FASTNN_INLINE Vec<T> expm1(Vec<T> x) {
    constexpr bool single = sizeof(T) == 4;
    const Vec<T> low = single ? T(-18) : T(-38), high = single ? T(89) : T(710);
    Vec<T> n;
    const Vec<T> r = reduce_log2(max(low, min(high, x)), n);
    const Vec<T> q = fma(r * r, polynomial(r, Constants<T>::expm1), r);
    // 2^n (1 + q) - 1, by way of 2^(n-1), which does not overflow before the result does.
    const Vec<T> half = scale(Vec<T>(T(0.5)), n);
    const Vec<T> y = fma(half, q, half - Vec<T>(T(0.5)));
    // For n = 0 no rounding of denormals, and -0 stays.
    return select(n == Vec<T>(), copysign(q, x), y + y);
}

// log(1 + f) + n ln2 for f in [-0.25, 0.5).
template <class T>
FASTNN_INLINE Vec<T> log_reduced(Vec<T> f, Vec<T> n) {
    using C = Constants<T>;
    // With s = f/(2+f), log(1+f) = 2s + s R = f - (f^2/2 - s (f^2/2 + R)): f leads, and is exact.
    const Vec<T> s = f / (f + Vec<T>(T(2)));
    const Vec<T> z = s * s;
    const Vec<T> r = z * polynomial(z, C::log);
    const Vec<T> h = f * f * Vec<T>(T(0.5));
    const Vec<T> rest = h - fma(s, h + r, n * Vec<T>(C::ln2_low));
    return fma(n, Vec<T>(C::ln2_high), f - rest);
}

// Infinity and NaN, 0 and negative numbers, given y = log(x) for all others.
template <class T>
FASTNN_INLINE Vec<T> log_special(Vec<T> x, Vec<T> y) {
    const Vec<T> infinity = T(__builtin_inf()), nan = T(__builtin_nan(""));
    y = select(x < infinity, y, x);
    y = select(x > Vec<T>(), y, nan);
    return select(x == Vec<T>(), -infinity, y);
}

template <class T>
FASTNN_INLINE Vec<T> log(Vec<T> x) {
    Vec<T> n;
    const Vec<T> m = split(x, n);
    return log_special(x, log_reduced(m - Vec<T>(T(1)), n));
}

template <class T>
FASTNN_INLINE Vec<T> log1p(Vec<T> x) {
    // u + c = 1 + x exactly where c matters.
    const Vec<T> one = T(1);
    const Vec<T> u = x + one;
    const Vec<T> c = x - (u - one);
    Vec<T> n;
    const Vec<T> m = split(u, n);
    const Vec<T> y = log_reduced((m - one) + scale(c, -n), n);
    const Vec<T> tiny = sizeof(T) == 4 ? T(0x1p-25) : T(0x1p-54);
    return select(abs(x) < tiny, x, log_special(u, y));
}

template <class T>
FASTNN_INLINE Vec<T> tanh(Vec<T> x) {
    // t = expm1(-2|x|) in (-1, 0], so nothing cancels in -t / (t + 2).
    const Vec<T> t = expm1(Vec<T>(T(-2)) * abs(x));
    return copysign(t / (t + Vec<T>(T(2))), x);
}

template <class T>
FASTNN_INLINE Vec<T> sigmoid(Vec<T> x) {
    // exp(-|x|) does not overflow, and the small results for x < 0 are not a difference.
    const Vec<T> one = T(1);
    const Vec<T> e = exp(-abs(x));
    return select(x < Vec<T>(), e, one) / (one + e);
}

template <class T>
FASTNN_INLINE Vec<T> erf(Vec<T> x) {
    using C = Constants<T>;
    constexpr bool single = sizeof(T) == 4;
    const Vec<T> one = T(1), a = abs(x);
    const Vec<T> small = x * polynomial(x * x, C::erf_small);
    // Clamped where erf is 1; the order of arguments keeps NaN.
    const Vec<T> b = min(Vec<T>(single ? T(4) : T(6)), a);
    const Vec<T> centre = single ? T(2) : T(2.5);
    const Vec<T> e = exp(-b * b) * polynomial((b - centre) / (b + centre), C::erfc);
    return select(a < one, small, copysign(one - e, x));
}

template <class T>
FASTNN_INLINE Vec<T> rsqrt(Vec<T> x) {
    return Vec<T>(T(1)) / sqrt(x);
}

// pi/2 in parts; n times the first two is exact for n < 2^20.
struct HalfPi {
    static constexpr double bound = 0x1p20;  // the largest |x| reduced with them
    static constexpr double inverse = 0.6366197723675814;
    static constexpr double high = 1.5707963267341256;
    static constexpr double middle = 6.077100506303966e-11;
    static constexpr double low = 2.0222662487959506e-21;
};

// r and n with x = n pi/2 + r, n whole, |r| <= pi/4, for |x| <= bound.
FASTNN_INLINE Vec<double> reduce_half_pi(Vec<double> x, Vec<double>& n) {
    n = round(x * Vec<double>(HalfPi::inverse));
    const Vec<double> r = fnma(n, HalfPi::middle, fnma(n, HalfPi::high, x));
    return fnma(n, HalfPi::low, r);
}

// In double, where 53 bits leave enough after the cancellation.
FASTNN_INLINE Vec<float> reduce_half_pi(Vec<float> x, Vec<float>& n) {
    const Wide w = widen(x);
    Vec<double> n_low, n_high;
    const Vec<double> low = reduce_half_pi(w.low, n_low);
    const Vec<double> high = reduce_half_pi(w.high, n_high);
    n = narrow(n_low, n_high);
    return narrow(low, high);
}

// sin(x + shift pi/2), shift 0 or 1.
template <class T>
FASTNN_INLINE Vec<T> sin_shifted(Vec<T> x, int shift) {
    using C = Constants<T>;
    using Int = typename Vec<T>::Int;
    constexpr int mantissa = Format<T>::mantissa;
    Vec<T> n;
    Vec<T> r = reduce_half_pi(x, n);
    const Vec<T> z = r * r;
    const Vec<T> s = fma(r * z, polynomial(z, C::sin), r);
    const Vec<T> c = fma(z * z, polynomial(z, C::cos), fnma(z, Vec<T>(T(0.5)), Vec<T>(T(1))));
    // The last two bits of n + shift choose the function and the sign.
    const Vec<T> magic = T(3) * T(1ull << (mantissa - 1)) + T(shift);
    const Int q = bits(n + magic);
    const Vec<T> odd = Vec<T>::from_bits(q << (8 * int(sizeof(T)) - 1));
    const Vec<T> sign = Vec<T>::from_bits((q >> 1) << (8 * int(sizeof(T)) - 1));
    const Vec<T> half = Vec<T>(T(0.5));
    return xorsign(select(copysign(half, odd) < Vec<T>(), c, s), sign);
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
    if (__builtin_expect(!all(abs(x) <= Vec<T>(T(HalfPi::bound))), 0)) {
        T from[Vec<T>::width], to[Vec<T>::width];
        x.store(from);
        y.store(to);
        sin_large(from, to, Vec<T>::width, shift);
        y = Vec<T>::load(to);
    }
    return y;
}

template <class T>
FASTNN_INLINE Vec<T> sin(Vec<T> x) {
    return select(x == Vec<T>(), x, sin_any(x, 0));
}

template <class T>
FASTNN_INLINE Vec<T> cos(Vec<T> x) {
    return sin_any(x, 1);
}

}  // namespace fastnn::FASTNN_ISA
