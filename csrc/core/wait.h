// Waiting for another thread.
#pragma once

#include <sched.h>

namespace fastnn {

// Spins at first, which reacts soonest, then yields the processor, since the thread that is waited
// for may need it.
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
