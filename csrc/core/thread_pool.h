// The thread pool: worker threads, created when first needed and then kept, that serve every
// calling thread of the process.
//
// No region waits for a worker that has not started. The system may queue a woken thread for many
// milliseconds after the thread that woke it, or after other processes; by then the other threads
// have computed its chunks, and the offer is withdrawn.
#pragma once

#include "core/threading.h"

namespace fastnn {

extern const ThreadProvider kThreadPool;

}  // namespace fastnn
