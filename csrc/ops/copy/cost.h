// What the work of this family costs one thread, in nanoseconds: estimates that decide how many
// threads a call is worth, never how sums are grouped. benches/fit_costs.py measures them.
#pragma once

namespace fastnn::copy::cost {

// Per byte of the result, from L3.
constexpr double kByte = 0.08;
// Per element that is moved alone, between strides that no register helps with.
constexpr double kElement = 0.6;
// Per row of elements.
constexpr double kRow = 2;

}  // namespace fastnn::copy::cost
