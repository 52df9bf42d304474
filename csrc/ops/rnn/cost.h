// What the work of this family costs one thread: estimates that decide how the steps are
// partitioned and how many threads a call is worth, never how sums are grouped.
#pragma once

namespace fastnn::rnn::cost {

// The model of a step, fitted to the times of LSTM and GRU layers of 16 to 1024 units and 1 to 32
// samples, over 10 and 100 steps, each with every partition. The cells state their own costs
// (cells/traits.h).
//
// Bytes per nanosecond: packed weights that the recurrent product reads from L2 or L3, or from
// memory.
constexpr double kCachedWeights = 100, kMemoryWeights = 45;
// The same of data that another core has written: states, which no prefetcher fetches in time, and
// packed weights.
constexpr double kRemoteStates = 2, kRemoteWeights = 12;
// Nanoseconds: waking a second thread, whose data is in another core's cache, per call.
constexpr double kSecondThread = 6500;
// Per step: fixed; a barrier of all threads; without one, cache lines that two threads share.
constexpr double kStep = 50, kBarrier = 300, kSharedLines = 150;

// Around the steps: packing, per weight; copying a row and summing a column, per element; and the
// rate of the products that go to the initial states.
constexpr double kPack = 0.15, kCopy = 0.1, kColumnSum = 0.1, kFlopsPerNs = 40;

}  // namespace fastnn::rnn::cost
