// What the work of this family costs one thread, in nanoseconds: estimates that decide how many
// threads a call is worth, never how sums are grouped.
#pragma once

namespace fastnn::index::cost {

// Per element that has an id of its own, and per byte of a row that shares one.
constexpr double kElement = 0.9, kByte = 0.08;
// Per element of a mask.
constexpr double kMask = 0.3;

}  // namespace fastnn::index::cost
