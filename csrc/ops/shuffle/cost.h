// What the work of this family costs one thread, in nanoseconds: estimates that decide how many
// threads a call is worth, never how sums are grouped. benches/fit_costs.py measures them.
#pragma once

namespace fastnn::shuffle::cost {

// Per byte that is moved, from memory.
constexpr double kByte = 0.1;

}  // namespace fastnn::shuffle::cost
