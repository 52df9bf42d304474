// What the work of this family costs one thread, in nanoseconds: estimates that decide how many
// threads a call is worth, never how sums are grouped. benches/fit_costs.py measures them.
#pragma once

namespace fastnn::scan::cost {

// Per float32 element from L2, along rows and along columns.
constexpr double kRow = 0.5, kColumn = 0.4;
// The sum of a segment of a long row, per element.
constexpr double kTotal = 0.25;

// What runs along in registers, per element: cummax, cummin, logcumsumexp and its gradient.
constexpr double kRunning[] = {0.6, 0.6, 1.5, 1.5};

}  // namespace fastnn::scan::cost
