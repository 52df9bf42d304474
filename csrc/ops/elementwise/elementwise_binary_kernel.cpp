#include "ops/elementwise/functions.h"
#include "ops/elementwise/loop.h"

namespace fastnn::FASTNN_ISA {
namespace {

// NaN in either comes through.
template <class V>
FASTNN_INLINE V maximum(V a, V b) {
    return select(a != a, a, max(a, b));
}
template <class V>
FASTNN_INLINE V minimum(V a, V b) {
    return select(a != a, a, min(a, b));
}

constexpr elementwise::Loops kBinary = table(
    /* add */ [](auto a, auto b) { return a + b; },
    /* sub */ [](auto a, auto b) { return a - b; },
    /* mul */ [](auto a, auto b) { return a * b; },
    /* div */ [](auto a, auto b) { return a / b; },
    /* maximum */ [](auto a, auto b) { return maximum(a, b); },
    /* minimum */ [](auto a, auto b) { return minimum(a, b); },
    /* pow */ [](auto a, auto b) { return pow(a, b); },
    /* atan2 */ [](auto a, auto b) { return atan2(a, b); },
    /* remainder */ [](auto a, auto b) { return remainder(a, b); },
    /* fmod */ [](auto a, auto b) { return fmod(a, b); },
    /* floor_divide */ [](auto a, auto b) { return floor_divide(a, b); },
    /* add_scaled */ [](auto a, auto b, auto scale) { return fma(b, scale, a); },
    /* where */ [](auto condition, auto a, auto b) { return select(condition != 0, a, b); },
    /* clamp */ [](auto x, auto low, auto high) { return minimum(maximum(x, low), high); },
    // From the nearer end, so that both ends come out exactly.
    /* lerp */
    [](auto a, auto b, auto w) {
        const auto d = b - a;
        return select(abs(w) < 0.5f, fma(w, d, a), fnma(d, 1 - w, b));
    },
    /* addcmul */ [](auto a, auto b, auto c, auto value) { return fma(value * b, c, a); },
    /* addcdiv */ [](auto a, auto b, auto c, auto value) { return a + value * b / c; },
    /* nan_to_num */
    [](auto x, auto nan, auto above, auto below) {
        const float infinity = __builtin_inff();
        return select(x != x, nan, select(x == infinity, above, select(x == -infinity, below, x)));
    });

}  // namespace
}  // namespace fastnn::FASTNN_ISA

namespace fastnn::elementwise {
template <>
Loops binary_loops<Isa::FASTNN_ISA>() {
    return FASTNN_ISA::kBinary;
}
}  // namespace fastnn::elementwise
