// What the work of this family costs one thread, in nanoseconds: estimates that decide how many
// threads a call is worth, never how sums are grouped. benches/fit_costs.py measures them.
#pragma once

namespace fastnn::optim::cost {

// Per float32 element from L3: a step of any rule.
constexpr double kStep = 0.5;
// The same of a norm: of p = 2 or infinity, and of any other p.
constexpr double kNorm = 0.2, kPowerNorm = 20;
// The same of clipping.
constexpr double kClip = 0.2;

}  // namespace fastnn::optim::cost
