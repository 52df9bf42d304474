#include "ops/elementwise/loop.h"

namespace fastnn::FASTNN_ISA {
namespace {

constexpr float kInfinity = __builtin_inff();

constexpr elementwise::Loops kCompare = table(
    /* eq */ [](auto a, auto b) { return a == b; },
    /* ne */ [](auto a, auto b) { return a != b; },
    /* lt */ [](auto a, auto b) { return a < b; },
    /* le */ [](auto a, auto b) { return a <= b; },
    /* gt */ [](auto a, auto b) { return a > b; },
    /* ge */ [](auto a, auto b) { return a >= b; },
    /* logical_and */ [](auto a, auto b) { return (a != 0) & (b != 0); },
    /* logical_or */ [](auto a, auto b) { return (a != 0) | (b != 0); },
    /* logical_xor */ [](auto a, auto b) { return (a != 0) ^ (b != 0); },
    /* logical_not */ [](auto a) { return a == 0; },
    /* isnan */ [](auto a) { return a != a; },
    /* isinf */ [](auto a) { return abs(a) == kInfinity; },
    /* isfinite */ [](auto a) { return abs(a) < kInfinity; });

}  // namespace
}  // namespace fastnn::FASTNN_ISA

namespace fastnn::elementwise {
template <>
Loops compare_loops<Isa::FASTNN_ISA>() {
    return FASTNN_ISA::kCompare;
}
}  // namespace fastnn::elementwise
