// What the work of this family costs one thread, in nanoseconds: estimates that decide how many
// threads a call is worth, never how sums are grouped. benches/fit_costs.py measures them.
#pragma once

namespace fastnn::softmax::cost {

// Per float32 element from L2; the latter numbers where columns are copied first.
constexpr double kForward = 0.6, kForwardColumns = 0.8;
constexpr double kBackward = 0.2, kLogBackward = 0.6, kBackwardColumns = 0.6;

}  // namespace fastnn::softmax::cost
