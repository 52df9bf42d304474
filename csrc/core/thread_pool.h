// The thread pool: worker threads, created when first needed and then kept, that serve every
// calling thread of the process.
//
// No region waits for a worker that has not started. The system may leave a woken thread in a queue
// for many milliseconds, behind the thread that woke it or behind other processes; by then the
// other threads have done its part, and the offer is withdrawn.
#pragma once

#include "core/threading.h"

namespace fastnn {

extern const ThreadProvider kThreadPool;

}  // namespace fastnn
