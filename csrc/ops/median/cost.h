// What the work of this family costs one thread, in nanoseconds: estimates that decide how many
// threads a call is worth, never how sums are grouped. benches/fit_costs.py measures them.
#pragma once

namespace fastnn::median::cost {

// Per float32 element from L2.
constexpr double kElement = 1.5;

}  // namespace fastnn::median::cost
