#include "core/threading.h"

#include "core/thread_pool.h"

namespace fastnn {
namespace {

thread_local bool inside = false;

struct Region {
    RegionWork work;
    void* context;
};

}  // namespace

bool in_region() {
    return inside;
}

void run_region(int threads, RegionWork work, void* context) {
    Region region{work, context};
    const auto run = [](void* given, int thread) {
        const auto& r = *static_cast<Region*>(given);
        inside = true;
        r.work(r.context, thread);
        inside = false;
    };
    kThreadPool.run(threads, run, &region);
}

}  // namespace fastnn
