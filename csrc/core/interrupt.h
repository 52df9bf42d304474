// Ctrl-C during a kernel.
#pragma once

namespace fastnn {

// Checks for Ctrl-C, at most every 50 ms, if the calling thread launched a kernel and is not inside
// a parallel region. After Ctrl-C it throws, and the kernel's output is incomplete.
void poll_interrupt();

}  // namespace fastnn
