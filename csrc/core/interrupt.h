// Ctrl-C during a kernel.
#pragma once

namespace fastnn {

// Looks for Ctrl-C, at most every 50 ms, if the calling thread launched a kernel and is not inside
// a parallel region; then throws, and the kernel's output is left unfinished.
void poll_interrupt();

}  // namespace fastnn
