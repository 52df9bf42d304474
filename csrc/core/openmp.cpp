#include "core/openmp.h"

#include <omp.h>

#include <algorithm>
#include <atomic>

#include "core/thread_count.h"

namespace fastnn {
namespace {

// OpenMP gives each calling thread a team of its own, which exists as long as that thread. Only so
// many calling threads get one; the others compute alone.
constexpr int kMaxTeams = 4;

std::atomic<int> teams{0};

// Whether the calling thread has a team: asks for one where it has none.
class TeamOwner {
 public:
    TeamOwner() = default;
    TeamOwner(const TeamOwner&) = delete;
    TeamOwner& operator=(const TeamOwner&) = delete;
    ~TeamOwner() {
        if (owns_) teams.fetch_sub(1, std::memory_order_relaxed);
    }
    bool acquire() {
        int now = teams.load(std::memory_order_relaxed);
        while (!owns_ && now < kMaxTeams)
            owns_ = teams.compare_exchange_weak(now, now + 1, std::memory_order_relaxed);
        return owns_;
    }

 private:
    bool owns_ = false;
};

thread_local TeamOwner owner;

// GCC's OpenMP ends the threads that a smaller team does not need and creates them again for the
// next larger one. So a region always has all threads; those beyond `threads` return immediately.
void run(int threads, RegionWork work, void* context) {
    if (!owner.acquire()) return work(context, 0);
    const int team = std::max(threads, num_threads());
#pragma omp parallel num_threads(team)
    {
        if (const int thread = omp_get_thread_num(); thread < threads) work(context, thread);
    }
}

}  // namespace

const ThreadProvider kOpenMP{"openmp", run};

}  // namespace fastnn
