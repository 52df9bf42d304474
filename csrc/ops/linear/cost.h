// What the work of linear layers beside their products costs one thread, in nanoseconds.
#pragma once

namespace fastnn::linear::cost {

// Per element of dy: dz and its column sums, or the column sums alone.
constexpr double kGradient = 0.5, kSum = 0.1;
// Products that take longer run one after the other, each with checks for Ctrl-C between its steps.
constexpr double kLong = 2e8;

}  // namespace fastnn::linear::cost
