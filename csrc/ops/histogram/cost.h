// What the work of this family costs one thread, in nanoseconds: estimates that decide how many
// threads a call is worth, never how sums are grouped.
#pragma once

namespace fastnn::histogram::cost {

constexpr double kCount = 1.5;  // per element that is counted
constexpr double kBound = 0.3;  // per element whose bounds are sought

}  // namespace fastnn::histogram::cost
