// Ctrl-C during a kernel.
#pragma once

#include <time.h>

#include <cstdint>

namespace fastnn {

// A clock that is a few milliseconds late and costs a few nanoseconds.
using CoarseNs = std::int64_t;
inline CoarseNs coarse_now() {
    timespec now;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return static_cast<CoarseNs>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

// How long a kernel computes between two looks for Ctrl-C.
constexpr CoarseNs kTurnNs = 50'000'000;

// Looks for Ctrl-C, at most once in kTurnNs and not in the first kTurnNs of a call, if the calling
// thread launched a kernel and is not inside a parallel region. After Ctrl-C it throws, and the
// kernel's output is incomplete.
void poll_interrupt();

// The same for code that must not throw, as kernels: true after Ctrl-C. The code should return,
// with its output incomplete; the next poll_interrupt or the end of the launch throws.
bool interrupted() noexcept;

}  // namespace fastnn
