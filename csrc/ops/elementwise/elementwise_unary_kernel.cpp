#include "ops/elementwise/functions.h"
#include "ops/elementwise/loop.h"

namespace fastnn::FASTNN_ISA {
namespace {

constexpr elementwise::Loops kUnary = table(
    /* neg */ [](auto x) { return -x; },
    /* abs */ [](auto x) { return abs(x); },
    /* sign */ [](auto x) { return sign(x); },
    /* square */ [](auto x) { return x * x; },
    /* cube */ [](auto x) { return x * x * x; },
    /* reciprocal */ [](auto x) { return 1 / x; },
    /* sqrt */ [](auto x) { return sqrt(x); },
    /* rsqrt */ [](auto x) { return rsqrt(x); },
    /* exp */ [](auto x) { return exp(x); },
    /* expm1 */ [](auto x) { return expm1(x); },
    /* log */ [](auto x) { return log(x); },
    /* log1p */ [](auto x) { return log1p(x); },
    /* log2 */ [](auto x) { return log2(x); },
    /* log10 */ [](auto x) { return log10(x); },
    /* sin */ [](auto x) { return sin(x); },
    /* cos */ [](auto x) { return cos(x); },
    /* tan */ [](auto x) { return tan(x); },
    /* asin */ [](auto x) { return asin(x); },
    /* acos */ [](auto x) { return acos(x); },
    /* atan */ [](auto x) { return atan(x); },
    /* sinh */ [](auto x) { return sinh(x); },
    /* cosh */ [](auto x) { return cosh(x); },
    /* erf */ [](auto x) { return erf(x); },
    /* floor */ [](auto x) { return floor(x); },
    /* ceil */ [](auto x) { return ceil(x); },
    /* round */ [](auto x) { return copysign(round(x), x); },
    /* trunc */ [](auto x) { return trunc(x); },
    /* frac */ [](auto x) { return x - trunc(x); });

}  // namespace
}  // namespace fastnn::FASTNN_ISA

namespace fastnn::elementwise {
template <>
Loops unary_loops<Isa::FASTNN_ISA>() {
    return FASTNN_ISA::kUnary;
}
}  // namespace fastnn::elementwise
