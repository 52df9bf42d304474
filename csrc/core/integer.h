// The integer type of sizes, counts and strides, and division upwards of it.
#pragma once

#include <cstdint>

namespace fastnn {

using dim_t = std::int64_t;

// Of sizes that are not negative. Always inlined, so that kernels, which are compiled once a level,
// share no copy of them.
[[gnu::always_inline]] constexpr dim_t ceil_div(dim_t a, dim_t b) {
    return (a + b - 1) / b;
}
[[gnu::always_inline]] constexpr dim_t round_up(dim_t a, dim_t b) {
    return ceil_div(a, b) * b;
}

}  // namespace fastnn
