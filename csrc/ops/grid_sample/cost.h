// What the work of this family costs one thread, in nanoseconds: estimates that decide how many
// threads a call is worth, never how sums are grouped. benches/fit_costs.py measures them.
#pragma once

namespace fastnn::grid_sample::cost {

// Per tap of a point: its place and weight.
constexpr double kTap = 0.5;
// Per float32 number that is read at a tap, and per one that is added to.
constexpr double kRead = 0.1;
constexpr double kAdd = 0.3;
// Per number of the gradient that is set to 0 first.
constexpr double kZero = 0.1;

}  // namespace fastnn::grid_sample::cost
