// What the work of this family costs one thread, in nanoseconds: estimates that decide how many
// threads a call is worth, never how sums are grouped. benches/fit_costs.py measures them.
#pragma once

namespace fastnn::reduce::cost {

// Per float32 element from L2: norms of any power but 0, 1, 2 and infinity; logsumexp; all other
// reductions. Backward costs twice as much.
constexpr double kPowerNorm = 2.0, kLogsumexp = 0.5, kElement = 0.1;
// argmax and argmin, per element.
constexpr double kArg = 0.15;
// The gradient of prod: multiplying factors out of range once more, dividing by them.
constexpr double kFactor = 0.4, kQuotient = 0.4;
// Fixed, per segment of a tile.
constexpr double kSegment = 20;

}  // namespace fastnn::reduce::cost
