// What the work of this family costs one thread, in nanoseconds: estimates that decide how many
// threads a call is worth, never how sums are grouped. benches/fit_costs.py measures them.
#pragma once

namespace fastnn::dropout::cost {

// Per element, with AVX-512: the random number, mostly.
constexpr double kElement = 0.4;

}  // namespace fastnn::dropout::cost
