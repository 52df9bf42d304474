// What the work of matrix products costs one thread: estimates that decide how many threads a call
// is worth and how it is cut into chunks. benches/fit_costs.py measures them; what the kernels
// multiply per nanosecond is in their Blocking.
#pragma once

namespace fastnn::gemm::cost {

// Bytes per nanosecond of operands that fit L2 together, and of larger ones.
constexpr double kL2Bytes = 1 << 20, kL2BytesPerNs = 60, kMemoryBytesPerNs = 25;

constexpr double kStepFlops = 8e9;  // of a step: Ctrl-C waits for 40 ms on two cores
constexpr double kPackNs = 0.3;     // per element of B
constexpr double kLargeItemNs =
    1e6;                            // of a batch: larger ones are computed by all threads together
constexpr double kItemNs = 100;     // of a batch, beside its product
constexpr double kItemsNs = 10000;  // of the items of a chunk

}  // namespace fastnn::gemm::cost
