#include "core/region.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>

#include <atomic>
#include <mutex>
#include <new>

namespace fastnn {
namespace {

// One region. It lives on the stack of the thread that opened it.
struct Region {
    void (*work)(void* context, int thread);
    void* context;
    std::atomic<int> left{0};  // helpers that came and are done
};

// What a helper's `region` holds where it is no region that is on offer.
Region busy_region, asleep_region;
Region* const kFree = nullptr;
Region* const kBusy = &busy_region;
Region* const kAsleep = &asleep_region;

class alignas(64) Helper {
 public:
    explicit Helper(int number) : number_(number) {}

    bool start() {
        // Signals are for the threads of the application.
        sigset_t all, before;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);
        const int refused = pthread_create(
            &thread_, nullptr,
            [](void* self) -> void* {
                static_cast<Helper*>(self)->live();
                return nullptr;
            },
            this);
        pthread_sigmask(SIG_SETMASK, &before, nullptr);
        if (refused != 0) return false;
        pthread_detach(thread_);
        if (sched_getaffinity(0, sizeof(allowed_), &allowed_) != 0) CPU_ZERO(&allowed_);
        move_away();
        return true;
    }

    // Another thread may have the helper: then false.
    bool offer(Region* region) {
        Region* now = region_.load(std::memory_order_relaxed);
        while (now == kFree || now == kAsleep) {
            if (!region_.compare_exchange_weak(now, region, std::memory_order_acq_rel,
                                               std::memory_order_relaxed))
                continue;
            if (now == kAsleep) {
                move_away();
                region_.notify_one();
            }
            return true;
        }
        return false;
    }
    // False where the helper has come, or nothing was offered to it.
    bool take_back(Region* region) {
        if (!region_.compare_exchange_strong(region, kFree, std::memory_order_release,
                                             std::memory_order_relaxed))
            return false;
        // It was awake, and had no CPU to come on.
        if (!moved_.load(std::memory_order_relaxed)) move_away();
        return true;
    }

 private:
    [[noreturn]] void live();
    Region* next();

    // Takes it from the CPU of this thread. Many a system lets a woken thread begin where the one
    // that woke it runs, and so wait for it, for milliseconds, while other CPUs are idle.
    void move_away() {
        const int cpu = sched_getcpu();
        if (cpu < 0 || cpu >= CPU_SETSIZE) return;
        cpu_set_t others = allowed_;
        CPU_CLR(cpu, &others);
        if (CPU_COUNT(&others) == 0) return;
        if (pthread_setaffinity_np(thread_, sizeof(others), &others) == 0)
            moved_.store(true, std::memory_order_relaxed);
    }
    // Once it has worked it may run anywhere again, or it could not make way for that thread later.
    void settle() {
        if (moved_.exchange(false, std::memory_order_relaxed))
            pthread_setaffinity_np(thread_, sizeof(allowed_), &allowed_);
    }

    std::atomic<Region*> region_{kFree};
    const int number_;
    pthread_t thread_{};
    cpu_set_t allowed_{};  // where it may run; empty if unknown
    std::atomic<bool> moved_{false};
};

thread_local bool inside = false;

void Helper::live() {
    inside = true;
    for (;;) {
        Region* const region = next();
        region->work(region->context, number_);
        // Free before it says so: who opened the region may open the next one at once.
        region_.store(kFree, std::memory_order_release);
        region->left.fetch_add(1, std::memory_order_release);
        settle();
    }
}

Region* Helper::next() {
    Wait wait;
    for (;;) {
        Region* now = region_.load(std::memory_order_relaxed);
        if (now == kFree) {
            if (!wait.is_long()) {
                wait.pause();
            } else if (region_.compare_exchange_strong(now, kAsleep, std::memory_order_release,
                                                       std::memory_order_relaxed)) {
                region_.wait(kAsleep, std::memory_order_relaxed);
                wait = Wait();
            }
        } else if (region_.compare_exchange_weak(now, kBusy, std::memory_order_acquire,
                                                 std::memory_order_relaxed)) {
            return now;
        }
    }
}

constexpr int kMostHelpers = 1 << 12;
// Never destroyed: helpers look at themselves until the process has ended.
Helper* helpers[kMostHelpers];
std::atomic<int> made{0};
std::mutex making;

// How many helpers there are, up to `wanted`. Where the system refuses to make one, fewer.
int helpers_for(int wanted) {
    if (wanted > kMostHelpers) wanted = kMostHelpers;
    int have = made.load(std::memory_order_acquire);
    if (have >= wanted) return wanted;
    const std::lock_guard<std::mutex> lock(making);
    for (have = made.load(std::memory_order_relaxed); have < wanted; ++have) {
        auto* const helper = new (std::nothrow) Helper(have + 1);
        if (helper == nullptr) break;
        if (!helper->start()) {
            delete helper;
            break;
        }
        helpers[have] = helper;
        made.store(have + 1, std::memory_order_release);
    }
    return have < wanted ? have : wanted;
}

}  // namespace

bool in_region() {
    return inside;
}

void run_with_helpers(int threads, void (*work)(void* context, int thread), void* context) {
    const int count = helpers_for(threads - 1);
    Region region{work, context};
    int came = 0;
    for (int i = 0; i < count; ++i) came += helpers[i]->offer(&region);
    inside = true;
    work(context, 0);
    inside = false;
    for (int i = 0; i < count; ++i) came -= helpers[i]->take_back(&region);
    for (Wait wait; region.left.load(std::memory_order_acquire) != came;) wait.pause();
}

}  // namespace fastnn
