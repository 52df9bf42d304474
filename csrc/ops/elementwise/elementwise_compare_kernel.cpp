#include "ops/elementwise/loop.h"

namespace fastnn::FASTNN_ISA {
namespace {

constexpr float kInfinity = __builtin_inff();

constexpr auto kCompare = table<Op::eq>(
    entry<Op::eq>("eq", .15, 1, [](auto a, auto b) { return a == b; }),
    entry<Op::ne>("ne", .15, 1, [](auto a, auto b) { return a != b; }),
    entry<Op::lt>("lt", .15, 1, [](auto a, auto b) { return a < b; }),
    entry<Op::le>("le", .15, 1, [](auto a, auto b) { return a <= b; }),
    entry<Op::gt>("gt", .15, 1, [](auto a, auto b) { return a > b; }),
    entry<Op::ge>("ge", .15, 1, [](auto a, auto b) { return a >= b; }),
    entry<Op::logical_and>("logical_and", .15, 3,
                           [](auto a, auto b) { return (a != 0) & (b != 0); }),
    entry<Op::logical_or>("logical_or", .15, 3, [](auto a, auto b) { return (a != 0) | (b != 0); }),
    entry<Op::logical_xor>("logical_xor", .15, 3,
                           [](auto a, auto b) { return (a != 0) ^ (b != 0); }),
    entry<Op::logical_not>("logical_not", .15, 1, [](auto a) { return a == 0; }),
    entry<Op::isnan>("isnan", .15, 1, [](auto a) { return a != a; }),
    entry<Op::isinf>("isinf", .15, 2, [](auto a) { return abs(a) == kInfinity; }),
    entry<Op::isfinite>("isfinite", .15, 2, [](auto a) { return abs(a) < kInfinity; }),
    entry<Op::isclose>("isclose", .2, 6, [](auto a, auto b, auto rtol, auto atol) {
        const auto gap = abs(a - b);
        return (a == b) | ((gap < kInfinity) & (gap <= atol + abs(rtol * b)));
    }));

}  // namespace
}  // namespace fastnn::FASTNN_ISA

namespace fastnn::elementwise {
template <>
Loops compare_loops<Isa::FASTNN_ISA>() {
    return FASTNN_ISA::kCompare.loops();
}
}  // namespace fastnn::elementwise
