// Gradients in one pass. The comment names the arguments: y is the forward's output, x, a, b its
// inputs.
#include "ops/elementwise/functions.h"
#include "ops/elementwise/loop.h"
#include "ops/elementwise/special.h"

namespace fastnn::FASTNN_ISA {
namespace {

constexpr double kLn2 = 0.693147180559945309417, kLn10 = 2.302585092994045684018;
constexpr double kTwoOverRootPi = 1.128379167095512573896, kHalfRootPi = 0.886226925452758013649;

// dy to the larger one, or half to each where they are equal; all to both where one is NaN.
template <class V>
FASTNN_INLINE Two<V> larger_backward(V dy, V a, V b) {
    const V half = dy * 0.5f;
    return {select(a == b, half, select(a < b, V(0), dy)),
            select(a == b, half, select(a > b, V(0), dy))};
}

// dy x / (x^2 + y^2) and -dy y / (x^2 + y^2), of both divided by the larger one, whose squares are
// in range; 0 at the origin, as in PyTorch.
template <class V>
FASTNN_INLINE Two<V> angle_backward(V dy, V y, V x) {
    const V infinity = __builtin_inff();
    const V larger = max(abs(x), abs(y));
    const V unit = select((larger == 0) | (larger == infinity), V(1), larger);
    const V a = y / unit, b = x / unit;
    const V square = fma(b, b, a * a);
    const V scale = select(square == 0, V(0), dy / square);
    return {scale * b / unit, -scale * a / unit};
}

constexpr auto kBackward = table<Op::abs_backward>(
    // abs: dy, x
    entry<Op::abs_backward>("abs_backward", .15, 3, [](auto dy, auto x) { return dy * sign(x); }),
    // square: dy, x
    entry<Op::square_backward>("square_backward", .15, 2,
                               [](auto dy, auto x) { return (dy + dy) * x; }),
    // cube: dy, x
    entry<Op::cube_backward>("cube_backward", .15, 3,
                             [](auto dy, auto x) { return dy * (3 * x * x); }),
    // reciprocal: dy, y
    entry<Op::reciprocal_backward>("reciprocal_backward", .15, 3,
                                   [](auto dy, auto y) { return -dy * (y * y); }),
    // sqrt: dy, y
    entry<Op::sqrt_backward>("sqrt_backward", .2, 2, [](auto dy, auto y) { return dy / (y + y); }),
    // rsqrt: dy, y
    entry<Op::rsqrt_backward>("rsqrt_backward", .15, 4,
                              [](auto dy, auto y) { return (dy * -0.5f) * (y * y * y); }),
    // exp: dy, y
    entry<Op::exp_backward>("exp_backward", .15, 1, [](auto dy, auto y) { return dy * y; }),
    // expm1: dy, y
    entry<Op::expm1_backward>("expm1_backward", .15, 2,
                              [](auto dy, auto y) { return dy * (y + 1); }),
    // log: dy, x
    entry<Op::log_backward>("log_backward", .2, 1, [](auto dy, auto x) { return dy / x; }),
    // log1p: dy, x
    entry<Op::log1p_backward>("log1p_backward", .2, 2,
                              [](auto dy, auto x) { return dy / (x + 1); }),
    // log2: dy, x
    entry<Op::log2_backward>(
        "log2_backward", .2, 2,
        [](auto dy, auto x) { return dy / (x * constant<decltype(x)>(kLn2)); }),
    // log10: dy, x
    entry<Op::log10_backward>(
        "log10_backward", .2, 2,
        [](auto dy, auto x) { return dy / (x * constant<decltype(x)>(kLn10)); }),
    // sin: dy, x
    entry<Op::sin_backward>("sin_backward", .8, 31, [](auto dy, auto x) { return dy * cos(x); }),
    // cos: dy, x
    entry<Op::cos_backward>("cos_backward", .8, 32, [](auto dy, auto x) { return -dy * sin(x); }),
    // tan: dy, y
    entry<Op::tan_backward>("tan_backward", .15, 3,
                            [](auto dy, auto y) { return dy * fma(y, y, decltype(y)(1)); }),
    // asin: dy, x
    entry<Op::asin_backward>("asin_backward", .3, 5,
                             [](auto dy, auto x) { return dy / sqrt((1 - x) * (1 + x)); }),
    // acos: dy, x
    entry<Op::acos_backward>("acos_backward", .3, 6,
                             [](auto dy, auto x) { return -dy / sqrt((1 - x) * (1 + x)); }),
    // atan: dy, x
    entry<Op::atan_backward>("atan_backward", .2, 3,
                             [](auto dy, auto x) { return dy / fma(x, x, decltype(x)(1)); }),
    // sinh: dy, x
    entry<Op::sinh_backward>("sinh_backward", .5, 21, [](auto dy, auto x) { return dy * cosh(x); }),
    // cosh: dy, x
    entry<Op::cosh_backward>("cosh_backward", .8, 41, [](auto dy, auto x) { return dy * sinh(x); }),
    // erf: dy, x
    entry<Op::erf_backward>("erf_backward", .4, 18,
                            [](auto dy, auto x) {
                                return dy * (constant<decltype(x)>(kTwoOverRootPi) * exp(-(x * x)));
                            }),
    // exp2: dy, y
    entry<Op::exp2_backward>(
        "exp2_backward", .15, 2,
        [](auto dy, auto y) { return dy * (y * constant<decltype(y)>(kLn2)); }),
    // acosh: dy, x
    entry<Op::acosh_backward>("acosh_backward", .3, 5,
                              [](auto dy, auto x) { return dy / (sqrt(x - 1) * sqrt(x + 1)); }),
    // asinh: dy, x
    entry<Op::asinh_backward>("asinh_backward", .3, 4,
                              [](auto dy, auto x) { return dy / hypot(x, decltype(x)(1)); }),
    // atanh: dy, x
    entry<Op::atanh_backward>("atanh_backward", .2, 4,
                              [](auto dy, auto x) { return dy / ((1 - x) * (1 + x)); }),
    // erfc: dy, x
    entry<Op::erfc_backward>("erfc_backward", .4, 18,
                             [](auto dy, auto x) {
                                 return dy *
                                        (constant<decltype(x)>(-kTwoOverRootPi) * exp(-(x * x)));
                             }),
    // erfinv: dy, y
    entry<Op::erfinv_backward>(
        "erfinv_backward", .4, 17,
        [](auto dy, auto y) { return dy * (constant<decltype(y)>(kHalfRootPi) * exp(y * y)); }),
    // sinc: dy, x
    entry<Op::sinc_backward>("sinc_backward", 1.8, 80,
                             [](auto dy, auto x) { return dy * sinc_slope(x); }),
    // logit: dy, x
    entry<Op::logit_backward>("logit_backward", .2, 3,
                              [](auto dy, auto x) { return dy / (x * (1 - x)); }),
    // nan_to_num: dy, x
    entry<Op::nan_to_num_backward>(
        "nan_to_num_backward", .15, 2,
        [](auto dy, auto x) { return select(abs(x) < __builtin_inff(), dy, decltype(dy)(0)); }),
    // clamp: dy, x, low, high
    entry<Op::clamp_backward>("clamp_backward", .15, 3,
                              [](auto dy, auto x, auto low, auto high) {
                                  return select((x >= low) & (x <= high), dy, decltype(dy)(0));
                              }),
    // pow with a constant exponent: dy, x, e
    entry<Op::pow_scalar_backward>("pow_scalar_backward", 3, 84,
                                   [](auto dy, auto x, auto e) {
                                       return select(e == 0, decltype(dy)(0),
                                                     dy * e * pow(x, e - 1));
                                   }),
    // mul: dy, a, b
    entry<Op::mul_backward>(
        "mul_backward", .2,
        2, [](auto dy, auto a, auto b) { return Two<decltype(dy)>{dy * b, dy * a}; }),
    // div: dy, a, b
    entry<Op::div_backward>("div_backward", .4, 4,
                            [](auto dy, auto a, auto b) {
                                const auto da = dy / b;
                                return Two<decltype(dy)>{da, -da * (a / b)};
                            }),
    // maximum: dy, a, b
    entry<Op::maximum_backward>("maximum_backward", .25, 7,
                                [](auto dy, auto a, auto b) { return larger_backward(dy, a, b); }),
    // minimum: dy, a, b
    entry<Op::minimum_backward>(
        "minimum_backward", .25, 9,
        [](auto dy, auto a, auto b) { return larger_backward(dy, -a, -b); }),
    // pow: dy, x, e. By e: x^e log(x), but 0 at x = 0 with e >= 0, where the product would be NaN.
    entry<Op::pow_backward>("pow_backward", 7, 190,
                            [](auto dy, auto x, auto e) {
                                using V = decltype(dy);
                                const V dx = select(e == 0, V(0), dy * e * pow(x, e - 1));
                                const V de =
                                    select((x == 0) & (e >= 0), V(0), dy * pow(x, e) * log(x));
                                return Two<V>{dx, de};
                            }),
    // atan2: dy, y, x
    entry<Op::atan2_backward>("atan2_backward", .3, 8,
                              [](auto dy, auto y, auto x) { return angle_backward(dy, y, x); }),
    // where: dy, condition
    entry<Op::where_backward>("where_backward", .2, 2,
                              [](auto dy, auto condition) {
                                  const decltype(dy) zero(0);
                                  return Two<decltype(dy)>{select(condition != 0, dy, zero),
                                                           select(condition != 0, zero, dy)};
                              }),
    // the bounds of clamp: dy, x, low, high. Where low > high, high counts.
    entry<Op::clamp_bounds_backward>("clamp_bounds_backward", .25, 6,
                                     [](auto dy, auto x, auto low, auto high) {
                                         const decltype(dy) zero(0);
                                         return Two<decltype(dy)>{
                                             select((x < low) & (low < high), dy, zero),
                                             select((x > high) | (low > high), dy, zero)};
                                     }),
    // lerp by its ends: dy, w
    entry<Op::lerp_backward>("lerp_backward", .2, 3, [](auto dy, auto w) {
        return Two<decltype(dy)>{fnma(dy, w, dy), dy * w};
    }));

}  // namespace
}  // namespace fastnn::FASTNN_ISA

namespace fastnn::elementwise {
template <>
Loops backward_loops<Isa::FASTNN_ISA>() {
    return FASTNN_ISA::kBackward.loops();
}
}  // namespace fastnn::elementwise
