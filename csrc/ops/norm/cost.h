// What the work of this family costs one thread, in nanoseconds: estimates that decide how many
// threads a call is worth, never how sums are grouped. benches/fit_costs.py measures them.
#pragma once

namespace fastnn::norm::cost {

// Layer and RMS norm, per float32 element from L2.
constexpr double kRowForward = 0.12, kRowBackward = 0.22;
// The same, fixed per row; and the sums of dw and db, per element of each chunk's.
constexpr double kRowFixed = 20, kAddSums = 0.1;
// Channel norms in passes over all elements, per float32 element from L3: statistics, y, the sums
// of backward, and dx.
constexpr double kStatistics = 0.08, kApply = 0.12, kSums = 0.14, kInputGradient = 0.2;
// Channel norms of small groups, per float32 element, and per channel of a group.
constexpr double kGroupForward = 0.15, kGroupBackward = 0.25, kGroupChannel = 4;
// Local response norm, per element; and per neighbour, as a share of that.
constexpr double kResponseForward = 0.6, kResponseBackward = 1.0, kResponseNeighbour = 0.1;

}  // namespace fastnn::norm::cost
