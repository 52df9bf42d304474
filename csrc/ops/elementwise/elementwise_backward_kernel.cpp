// Gradients in one pass. The comment names the arguments: y is the forward's output, x, a, b its
// inputs.
#include "ops/elementwise/functions.h"
#include "ops/elementwise/loop.h"

namespace fastnn::FASTNN_ISA {
namespace {

constexpr double kLn2 = 0.693147180559945309417, kLn10 = 2.302585092994045684018;
constexpr double kTwoOverRootPi = 1.128379167095512573896;

// dy split between the larger of two, or evenly where they are equal; where one is NaN both get all
// of it.
template <class V>
FASTNN_INLINE Two<V> larger_backward(V dy, V a, V b) {
    const V half = dy * 0.5f;
    return {select(a == b, half, select(a < b, V(0), dy)),
            select(a == b, half, select(a > b, V(0), dy))};
}

constexpr elementwise::Loops kBackward = table(
    /* abs: dy, x */ [](auto dy, auto x) { return dy * sign(x); },
    /* square: dy, x */ [](auto dy, auto x) { return (dy + dy) * x; },
    /* cube: dy, x */ [](auto dy, auto x) { return dy * (3 * x * x); },
    /* reciprocal: dy, y */ [](auto dy, auto y) { return -dy * (y * y); },
    /* sqrt: dy, y */ [](auto dy, auto y) { return dy / (y + y); },
    /* rsqrt: dy, y */ [](auto dy, auto y) { return (dy * -0.5f) * (y * y * y); },
    /* exp: dy, y */ [](auto dy, auto y) { return dy * y; },
    /* expm1: dy, y */ [](auto dy, auto y) { return dy * (y + 1); },
    /* log: dy, x */ [](auto dy, auto x) { return dy / x; },
    /* log1p: dy, x */ [](auto dy, auto x) { return dy / (x + 1); },
    /* log2: dy, x */ [](auto dy, auto x) { return dy / (x * constant<decltype(x)>(kLn2)); },
    /* log10: dy, x */ [](auto dy, auto x) { return dy / (x * constant<decltype(x)>(kLn10)); },
    /* sin: dy, x */ [](auto dy, auto x) { return dy * cos(x); },
    /* cos: dy, x */ [](auto dy, auto x) { return -dy * sin(x); },
    /* tan: dy, y */ [](auto dy, auto y) { return dy * fma(y, y, decltype(y)(1)); },
    /* asin: dy, x */ [](auto dy, auto x) { return dy / sqrt((1 - x) * (1 + x)); },
    /* acos: dy, x */ [](auto dy, auto x) { return -dy / sqrt((1 - x) * (1 + x)); },
    /* atan: dy, x */ [](auto dy, auto x) { return dy / fma(x, x, decltype(x)(1)); },
    /* sinh: dy, x */ [](auto dy, auto x) { return dy * cosh(x); },
    /* cosh: dy, x */ [](auto dy, auto x) { return dy * sinh(x); },
    /* erf: dy, x */
    [](auto dy, auto x) { return dy * (constant<decltype(x)>(kTwoOverRootPi) * exp(-(x * x))); },
    /* nan_to_num: dy, x */
    [](auto dy, auto x) { return select(abs(x) < __builtin_inff(), dy, decltype(dy)(0)); },
    /* clamp: dy, x, low, high */
    [](auto dy, auto x, auto low, auto high) {
        return select((x >= low) & (x <= high), dy, decltype(dy)(0));
    },
    /* pow with a constant exponent: dy, x, e */
    [](auto dy, auto x, auto e) { return select(e == 0, decltype(dy)(0), dy * e * pow(x, e - 1)); },
    /* mul: dy, a, b */ [](auto dy, auto a, auto b) { return Two<decltype(dy)>{dy * b, dy * a}; },
    /* div: dy, a, b */
    [](auto dy, auto a, auto b) {
        const auto da = dy / b;
        return Two<decltype(dy)>{da, -da * (a / b)};
    },
    /* maximum: dy, a, b */ [](auto dy, auto a, auto b) { return larger_backward(dy, a, b); },
    /* minimum: dy, a, b */ [](auto dy, auto a, auto b) { return larger_backward(dy, -a, -b); },
    /* pow: dy, x, e. By e: x^e log(x), but 0 at x = 0 with e >= 0, where the product would be NaN.
     */
    [](auto dy, auto x, auto e) {
        using V = decltype(dy);
        const V dx = select(e == 0, V(0), dy * e * pow(x, e - 1));
        const V de = select((x == 0) & (e >= 0), V(0), dy * pow(x, e) * log(x));
        return Two<V>{dx, de};
    },
    /* atan2: dy, y, x */
    [](auto dy, auto y, auto x) {
        const auto scale = dy / fma(x, x, y * y);
        return Two<decltype(dy)>{scale * x, -scale * y};
    },
    /* where: dy, condition */
    [](auto dy, auto condition) {
        const decltype(dy) zero(0);
        return Two<decltype(dy)>{select(condition != 0, dy, zero),
                                 select(condition != 0, zero, dy)};
    },
    /* the bounds of clamp: dy, x, low, high. Where low > high, high counts. */
    [](auto dy, auto x, auto low, auto high) {
        const decltype(dy) zero(0);
        return Two<decltype(dy)>{select((x < low) & (low < high), dy, zero),
                                 select((x > high) | (low > high), dy, zero)};
    },
    /* lerp by its ends: dy, w */
    [](auto dy, auto w) { return Two<decltype(dy)>{fnma(dy, w, dy), dy * w}; });

}  // namespace
}  // namespace fastnn::FASTNN_ISA

namespace fastnn::elementwise {
template <>
Loops backward_loops<Isa::FASTNN_ISA>() {
    return FASTNN_ISA::kBackward;
}
}  // namespace fastnn::elementwise
