// What the work of this family costs one thread, in nanoseconds: estimates that decide how many
// threads a call is worth, never how sums are grouped. benches/fit_costs.py measures them.
#pragma once

namespace fastnn::resample::cost {

// Per float32 number that is read.
constexpr double kTap = 0.05;
// Per pixel that is written: the call of the kernel for its channels.
constexpr double kPixel = 5;

}  // namespace fastnn::resample::cost
