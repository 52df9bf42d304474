// What the work of matrix products costs one thread: estimates that decide how many threads a call
// is worth and how it is cut into chunks. The arithmetic per nanosecond is in the kernels'
// Blocking.
#pragma once

namespace fastnn::gemm::cost {

// Bytes per nanosecond of operands that fit L2 together, and of larger ones.
constexpr double kL2Bytes = 1 << 20, kL2BytesPerNs = 60, kMemoryBytesPerNs = 25;

constexpr double kStepFlops = 8e9;  // of a step: Ctrl-C waits for 40 ms on two cores
constexpr double kPackNs = 0.3;     // per element of B

// Of an item of a batch: in addition to its product; and the least for which all threads share it.
constexpr double kItemNs = 100, kLargeItemNs = 1e6;
constexpr double kItemsNs = 10000;  // of the items of a chunk

}  // namespace fastnn::gemm::cost
