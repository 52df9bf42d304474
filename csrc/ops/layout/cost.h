// What the work of this family costs one thread, in nanoseconds: estimates that decide how many
// threads a call is worth, never how sums are grouped. benches/fit_costs.py measures them.
#pragma once

namespace fastnn::layout::cost {

// Per byte of the result, from L3.
constexpr double kByte = 0.08;

}  // namespace fastnn::layout::cost
