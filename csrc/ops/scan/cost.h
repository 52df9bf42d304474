// What the work of this family costs one thread, in nanoseconds: estimates that decide how many
// threads a call is worth, never how sums are grouped. benches/fit_costs.py measures them.
#pragma once

namespace fastnn::scan::cost {

// Per float32 element from L2, along rows and along columns.
constexpr double kRow = 0.5, kColumn = 0.4;
// The sum of a segment of a long row, per element.
constexpr double kTotal = 0.25;

}  // namespace fastnn::scan::cost
