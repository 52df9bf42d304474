// What the work of this family costs one thread, in nanoseconds: estimates that decide how many
// threads a call is worth, never how sums are grouped. benches/fit_costs.py measures them.
#pragma once

namespace fastnn::pooling::cost {

// Per number of a window, float32 from L2.
constexpr double kSum = 0.04, kMax = 0.08, kMaxBackward = 0.1;
// Per place of a window's row: what a call of the kernel and its tables cost.
constexpr double kPixel = 8;
// The index of a place, per output.
constexpr double kIndex = 5;
// Unpooling: per number that is placed, and per number that is set to zero.
constexpr double kPlace = 1.5, kZero = 0.1;

}  // namespace fastnn::pooling::cost
