#include "ops/elementwise/functions.h"
#include "ops/elementwise/loop.h"
#include "ops/elementwise/special.h"

namespace fastnn::FASTNN_ISA {
namespace {

// NaN in either gives NaN.
template <class V>
FASTNN_INLINE V maximum(V a, V b) {
    return select(a != a, a, max(a, b));
}
template <class V>
FASTNN_INLINE V minimum(V a, V b) {
    return select(a != a, a, min(a, b));
}

constexpr auto kBinary = table<Op::add>(
    entry<Op::add>("add", .15, 1, [](auto a, auto b) { return a + b; }),
    entry<Op::sub>("sub", .15, 1, [](auto a, auto b) { return a - b; }),
    entry<Op::mul>("mul", .15, 1, [](auto a, auto b) { return a * b; }),
    entry<Op::div>("div", .2, 1, [](auto a, auto b) { return a / b; }),
    entry<Op::maximum>("maximum", .15, 1, [](auto a, auto b) { return maximum(a, b); }),
    entry<Op::minimum>("minimum", .15, 1, [](auto a, auto b) { return minimum(a, b); }),
    entry<Op::pow>("pow", 3, 80, [](auto a, auto b) { return pow(a, b); }),
    entry<Op::atan2>("atan2", .8, 40, [](auto a, auto b) { return atan2(a, b); }),
    entry<Op::remainder>("remainder", 8, 5, [](auto a, auto b) { return remainder(a, b); }),
    entry<Op::fmod>("fmod", 8, 3, [](auto a, auto b) { return fmod(a, b); }),
    entry<Op::floor_divide>("floor_divide", 8, 8,
                            [](auto a, auto b) { return floor_divide(a, b); }),
    entry<Op::copysign>("copysign", .15, 1, [](auto a, auto b) { return copysign(a, b); }),
    // The other one where one is NaN.
    entry<Op::fmax>("fmax", .15, 3,
                    [](auto a, auto b) { return select((a >= b) | (b != b), a, b); }),
    entry<Op::fmin>("fmin", .15, 3,
                    [](auto a, auto b) { return select((a <= b) | (b != b), a, b); }),
    entry<Op::heaviside>("heaviside", .15, 2,
                         [](auto x, auto at_0) {
                             using V = decltype(x);
                             return select(x == 0, at_0, select(x > 0, V(1), V(0)));
                         }),
    entry<Op::hypot>("hypot", .4, 8, [](auto a, auto b) { return hypot(a, b); }),
    entry<Op::logaddexp>("logaddexp", .9, 45, [](auto a, auto b) { return logaddexp(a, b, 1); }),
    entry<Op::logaddexp2>("logaddexp2", .9, 47,
                          [](auto a, auto b) { return logaddexp(a, b, kLogOf2); }),
    entry<Op::nextafter>("nextafter", .2, 4, [](auto a, auto b) { return nextafter(a, b); }),
    entry<Op::xlogy>(
        "xlogy", .5,
        24, [](auto x, auto y) { return select((x == 0) & (y == y), decltype(x)(0), x * log(y)); }),
    entry<Op::zeta>("zeta", 80, 900, [](auto s, auto q) { return zeta(s, q); }),
    entry<Op::add_scaled>("add_scaled", .15, 2,
                          [](auto a, auto b, auto scale) { return fma(b, scale, a); }),
    entry<Op::where>("where", .2, 1,
                     [](auto condition, auto a, auto b) { return select(condition != 0, a, b); }),
    entry<Op::clamp>("clamp", .15, 2,
                     [](auto x, auto low, auto high) { return minimum(maximum(x, low), high); }),
    // From the nearer end, so that both ends come out exactly.
    entry<Op::lerp>("lerp", .3, 4,
                    [](auto a, auto b, auto w) {
                        const auto d = b - a;
                        return select(abs(w) < 0.5f, fma(w, d, a), fnma(d, 1 - w, b));
                    }),
    entry<Op::addcmul>("addcmul", .2, 3,
                       [](auto a, auto b, auto c, auto value) { return fma(value * b, c, a); }),
    entry<Op::addcdiv>("addcdiv", .25, 3,
                       [](auto a, auto b, auto c, auto value) { return a + value * b / c; }),
    entry<Op::nan_to_num>("nan_to_num", .15, 3, [](auto x, auto nan, auto above, auto below) {
        const float infinity = __builtin_inff();
        return select(x != x, nan, select(x == infinity, above, select(x == -infinity, below, x)));
    }));

}  // namespace
}  // namespace fastnn::FASTNN_ISA

namespace fastnn::elementwise {
template <>
Loops binary_loops<Isa::FASTNN_ISA>() {
    return FASTNN_ISA::kBinary.loops();
}
}  // namespace fastnn::elementwise
