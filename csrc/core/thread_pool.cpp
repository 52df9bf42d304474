#include "core/thread_pool.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>

#include <atomic>
#include <mutex>
#include <new>

#include "core/fork.h"
#include "core/thread_count.h"
#include "core/wait.h"

namespace fastnn {
namespace {

// One region. It lives on the stack of the thread that opened it.
struct Region {
    RegionWork work;
    void* context;
    std::atomic<int> finished{0};  // workers that took part and are done
};

// The states of a worker's `region_` other than a region that is offered to it.
Region busy_region, asleep_region;
Region* const kFree = nullptr;
Region* const kBusy = &busy_region;
Region* const kAsleep = &asleep_region;

class alignas(64) Worker {
 public:
    explicit Worker(int number) : number_(number) {}

    bool start() {
        // Signals are handled by the threads of the application.
        sigset_t all, before;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);
        const int refused = pthread_create(
            &thread_, nullptr,
            [](void* self) -> void* {
                static_cast<Worker*>(self)->run();
                return nullptr;
            },
            this);
        pthread_sigmask(SIG_SETMASK, &before, nullptr);
        if (refused != 0) return false;
        pthread_detach(thread_);
        CPU_ZERO(&allowed_);
        for (const int cpu : usable_cpus()) {
            if (cpu < CPU_SETSIZE) CPU_SET(static_cast<std::size_t>(cpu), &allowed_);
        }
        pthread_setaffinity_np(thread_, sizeof(allowed_), &allowed_);
        leave_this_cpu();
        return true;
    }

    // False if the worker serves another thread.
    bool offer(Region* region) {
        Region* now = region_.load(std::memory_order_relaxed);
        while (now == kFree || now == kAsleep) {
            if (!region_.compare_exchange_weak(now, region, std::memory_order_acq_rel,
                                               std::memory_order_relaxed))
                continue;
            if (now == kAsleep) {
                leave_this_cpu();
                region_.notify_one();
            }
            return true;
        }
        return false;
    }
    // False if the worker has accepted, or nothing was offered to it.
    bool withdraw(Region* region) {
        if (!region_.compare_exchange_strong(region, kFree, std::memory_order_release,
                                             std::memory_order_relaxed))
            return false;
        // It was awake, but no CPU ran it.
        if (!moved_.load(std::memory_order_relaxed)) leave_this_cpu();
        return true;
    }

 private:
    [[noreturn]] void run();
    Region* next();

    // Forbids the worker the calling thread's CPU. Many systems start a woken thread on the CPU of
    // the thread that woke it, where it waits for milliseconds while other CPUs are idle.
    void leave_this_cpu() {
        const int cpu = sched_getcpu();
        if (cpu < 0 || cpu >= CPU_SETSIZE) return;
        cpu_set_t others = allowed_;
        CPU_CLR(cpu, &others);
        if (CPU_COUNT(&others) == 0) return;
        if (pthread_setaffinity_np(thread_, sizeof(others), &others) == 0)
            moved_.store(true, std::memory_order_relaxed);
    }
    // After its first region the worker may run anywhere again, or it could not make room for that
    // thread later.
    void restore_affinity() {
        if (moved_.exchange(false, std::memory_order_relaxed))
            pthread_setaffinity_np(thread_, sizeof(allowed_), &allowed_);
    }

    std::atomic<Region*> region_{kFree};
    const int number_;
    pthread_t thread_{};
    cpu_set_t allowed_{};  // where it may run; empty if unknown
    std::atomic<bool> moved_{false};
};

void Worker::run() {
    for (;;) {
        Region* const region = next();
        region->work(region->context, number_);
        // Free before it reports: the opener of this region may open the next one immediately.
        region_.store(kFree, std::memory_order_release);
        region->finished.fetch_add(1, std::memory_order_release);
        restore_affinity();
    }
}

Region* Worker::next() {
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

constexpr int kMaxWorkers = 1 << 12;
// Never destroyed: workers read their own state until the process ends.
Worker* workers[kMaxWorkers];
std::atomic<int> created{0};
ForkMutex creating;

// Creates workers up to `wanted` and returns how many there are: fewer if the system refuses.
int workers_for(int wanted) {
    if (wanted > kMaxWorkers) wanted = kMaxWorkers;
    int have = created.load(std::memory_order_acquire);
    if (have >= wanted) return wanted;
    const std::lock_guard lock(creating);
    for (have = created.load(std::memory_order_relaxed); have < wanted; ++have) {
        auto* const worker = new (std::nothrow) Worker(have + 1);
        if (worker == nullptr) break;
        if (!worker->start()) {
            delete worker;
            break;
        }
        workers[have] = worker;
        created.store(have + 1, std::memory_order_release);
    }
    return have < wanted ? have : wanted;
}

void run(int threads, RegionWork work, void* context) {
    const int count = workers_for(threads - 1);
    Region region{work, context};
    int accepted = 0;
    for (int i = 0; i < count; ++i) accepted += workers[i]->offer(&region);
    work(context, 0);
    for (int i = 0; i < count; ++i) accepted -= workers[i]->withdraw(&region);
    for (Wait wait; region.finished.load(std::memory_order_acquire) != accepted;) wait.pause();
}

}  // namespace

const ThreadProvider kThreadPool{"pool", run};

}  // namespace fastnn
