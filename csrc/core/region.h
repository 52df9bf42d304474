// The threads that help: made when they are first wanted, then kept.
//
// Nobody waits for a thread that has not come. The system may leave one that was woken in a queue
// for many milliseconds, behind the very thread that woke it or behind other processes; by then the
// others have done its part, and the offer is taken back.
#pragma once

#include <sched.h>

namespace fastnn {

// Calls work(context, 0) here and, beside it, work(context, i) on helper i = 1 .. threads - 1 where
// that one is free and comes in time. Returns when all who came are done. work must not throw, and
// must be right whoever comes, and whenever.
void run_with_helpers(int threads, void (*work)(void* context, int thread), void* context);

// Is this thread inside run_with_helpers? There are no regions in regions.
bool in_region();

// Waiting for another thread: at first with the processor, which is soonest, then leaving it to
// others, since what is waited for may need it.
class Wait {
 public:
    void pause() {
        if (++pauses_ > kSpins) {
            sched_yield();
        } else {
#if defined(__x86_64__)
            __builtin_ia32_pause();
#else
            asm volatile("yield");
#endif
        }
    }
    bool is_long() const { return pauses_ > kSpins + kYields; }

 private:
    static constexpr int kSpins = 2000;    // about 30 to 80 us
    static constexpr int kYields = 10000;  // about 3 ms
    int pauses_ = 0;
};

}  // namespace fastnn
