#include "core/fork.h"

#include <pthread.h>

#include <stdexcept>

namespace fastnn {
namespace {

ForkMutex* all[ForkMutex::kMost];
int count = 0;

void lock_all() {
    for (int i = 0; i < count; ++i) all[i]->lock();
}
void unlock_all() {
    for (int i = 0; i < count; ++i) all[i]->unlock();
}

}  // namespace

ForkMutex::ForkMutex() {
    if (count == kMost) throw std::logic_error("too many mutexes to hold during a fork");
    if (count == 0) pthread_atfork(lock_all, unlock_all, unlock_all);
    all[count++] = this;
}

}  // namespace fastnn
