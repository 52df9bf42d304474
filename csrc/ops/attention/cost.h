// What the work of this family costs one thread, in nanoseconds: estimates that decide how keys are
// divided into slices and how many threads a call is worth, never how sums of a slice are grouped.
#pragma once

namespace fastnn::attention::cost {

// Rates of the products, float32, and of keys and values from L3.
constexpr double kFlopsPerNs = 90, kBytesPerNs = 40;
// Softmax, forward or backward, per pair of a query and a key; with dropout that much more.
constexpr double kPair = 0.5, kPairDropout = 1.0;
// Fixed: per block of queries and slice of keys in forward, per slice of keys in backward.
constexpr double kForwardBlock = 200, kBackwardSlice = 300;
// Adding up the results of slices, per element of each slice.
constexpr double kMerge = 0.2;

}  // namespace fastnn::attention::cost
