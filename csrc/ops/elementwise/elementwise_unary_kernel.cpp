#include "ops/elementwise/functions.h"
#include "ops/elementwise/loop.h"
#include "ops/elementwise/special.h"

namespace fastnn::FASTNN_ISA {
namespace {

constexpr auto kUnary =
    table<Op::neg>(entry<Op::neg>("neg", .1, 1, [](auto x) { return -x; }),
                   entry<Op::abs>("abs", .1, 1, [](auto x) { return abs(x); }),
                   entry<Op::sign>("sign", .1, 2, [](auto x) { return sign(x); }),
                   entry<Op::square>("square", .1, 1, [](auto x) { return x * x; }),
                   entry<Op::cube>("cube", .1, 2, [](auto x) { return x * x * x; }),
                   entry<Op::reciprocal>("reciprocal", .15, 1, [](auto x) { return 1 / x; }),
                   entry<Op::sqrt>("sqrt", .2, 1, [](auto x) { return sqrt(x); }),
                   entry<Op::rsqrt>("rsqrt", .3, 2, [](auto x) { return rsqrt(x); }),
                   entry<Op::exp>("exp", .3, 14, [](auto x) { return exp(x); }),
                   entry<Op::expm1>("expm1", .4, 18, [](auto x) { return expm1(x); }),
                   entry<Op::log>("log", .5, 22, [](auto x) { return log(x); }),
                   entry<Op::log1p>("log1p", .6, 28, [](auto x) { return log1p(x); }),
                   entry<Op::log2>("log2", .6, 25, [](auto x) { return log2(x); }),
                   entry<Op::log10>("log10", .6, 26, [](auto x) { return log10(x); }),
                   entry<Op::sin>("sin", .8, 30, [](auto x) { return sin(x); }),
                   entry<Op::cos>("cos", .8, 30, [](auto x) { return cos(x); }),
                   entry<Op::tan>("tan", 1, 34, [](auto x) { return tan(x); }),
                   entry<Op::asin>("asin", .5, 30, [](auto x) { return asin(x); }),
                   entry<Op::acos>("acos", .5, 30, [](auto x) { return acos(x); }),
                   entry<Op::atan>("atan", .4, 22, [](auto x) { return atan(x); }),
                   entry<Op::sinh>("sinh", .8, 40, [](auto x) { return sinh(x); }),
                   entry<Op::cosh>("cosh", .5, 20, [](auto x) { return cosh(x); }),
                   entry<Op::erf>("erf", .8, 50, [](auto x) { return erf(x); }),
                   entry<Op::floor>("floor", .1, 1, [](auto x) { return floor(x); }),
                   entry<Op::ceil>("ceil", .1, 1, [](auto x) { return ceil(x); }),
                   entry<Op::round>("round", .1, 1, [](auto x) { return copysign(round(x), x); }),
                   entry<Op::trunc>("trunc", .1, 1, [](auto x) { return trunc(x); }),
                   entry<Op::frac>("frac", .1, 2, [](auto x) { return x - trunc(x); }),
                   entry<Op::exp2>("exp2", .3, 13, [](auto x) { return exp2(x); }),
                   entry<Op::acosh>("acosh", .8, 34, [](auto x) { return acosh(x); }),
                   entry<Op::asinh>("asinh", .9, 36, [](auto x) { return asinh(x); }),
                   entry<Op::atanh>("atanh", .7, 32, [](auto x) { return atanh(x); }),
                   entry<Op::erfc>("erfc", 1, 60, [](auto x) { return erfc(x); }),
                   entry<Op::erfinv>("erfinv", 1, 70, [](auto x) { return erfinv(x); }),
                   entry<Op::digamma>("digamma", 3, 100, [](auto x) { return digamma(x); }),
                   entry<Op::trigamma>("trigamma", 3, 90, [](auto x) { return trigamma(x); }),
                   entry<Op::lgamma>("lgamma", 4, 110, [](auto x) { return lgamma(x); }),
                   entry<Op::sinc>("sinc", 1, 33, [](auto x) { return sinc(x); }),
                   entry<Op::logit>("logit", .6, 24, [](auto x) { return log(x / (1 - x)); }));

}  // namespace
}  // namespace fastnn::FASTNN_ISA

namespace fastnn::elementwise {
template <>
Loops unary_loops<Isa::FASTNN_ISA>() {
    return FASTNN_ISA::kUnary.loops();
}
}  // namespace fastnn::elementwise
