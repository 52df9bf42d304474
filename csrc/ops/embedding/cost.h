// What the work of this family costs one thread, in nanoseconds: estimates that decide how many
// threads a call is worth, never how sums are grouped. benches/fit_costs.py measures them.
#pragma once

namespace fastnn::embedding::cost {

// Per byte that is read or written, from L3 or memory.
constexpr double kByte = 0.05;
// The gradient of a maximum, per element of dy: one scattered addition.
constexpr double kScatter = 2;

}  // namespace fastnn::embedding::cost
