// Mutexes that a forked child never finds locked.
#pragma once

#include <mutex>

namespace fastnn {

// Held during every fork from its construction on, so that no other thread holds it then; unlocked
// on both sides afterwards. For mutexes that live as long as the process, and that no thread locks
// while it holds another one. There may be kMost of them.
class ForkMutex : public std::mutex {
 public:
    static constexpr int kMost = 8;
    ForkMutex();
};

}  // namespace fastnn
