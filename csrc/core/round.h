// Division and rounding upwards, of sizes that are not negative.
#pragma once

namespace fastnn {

constexpr long ceil_div(long a, long b) {
    return (a + b - 1) / b;
}
constexpr long round_up(long a, long b) {
    return ceil_div(a, b) * b;
}

}  // namespace fastnn
