#include "core/threading.h"

#include <atomic>
#include <cstdlib>

#include "core/check.h"
#include "core/float_mode.h"
#include "core/held_level.h"
#include "core/openmp.h"
#include "core/thread_count.h"
#include "core/thread_pool.h"

namespace fastnn {
namespace {

const ThreadProvider& provider_of(const std::string& name, const char* who) {
    for (const ThreadProvider* provider : {&kThreadPool, &kOpenMP}) {
        if (name == provider->name) return *provider;
    }
    fail<ValueError>(who, ": the threading must be 'pool' or 'openmp', got '", name, "'");
}

struct State {
    std::atomic<const ThreadProvider*> provider;
    std::atomic<const char*> source{"the build's default"};
    State() : provider(&provider_of(FASTNN_THREADING, "CMake's FASTNN_THREADING")) {
        const char* wanted = std::getenv("FASTNN_THREADING");
        if (wanted == nullptr || *wanted == '\0') return;
        provider = &provider_of(wanted, "FASTNN_THREADING");
        source = "FASTNN_THREADING";
    }
};

State& state() {
    static State state;
    return state;
}

const ThreadProvider& provider() {
    return *state().provider.load(std::memory_order_relaxed);
}

thread_local bool inside = false;

struct Region {
    RegionWork work;
    void* context;
    FloatMode mode = FloatMode::current();
    Isa level = isa::level();
};

}  // namespace

bool in_region() {
    return inside;
}

void run_region(int threads, RegionWork work, void* context) {
    if (inside || in_forked_child()) return work(context, 0);
    Region region{work, context};
    const auto run = [](void* given, int thread) {
        const auto& r = *static_cast<Region*>(given);
        const FloatMode own = FloatMode::current();
        if (own != r.mode) r.mode.set();
        const isa::Held held(r.level);
        inside = true;
        r.work(r.context, thread);
        inside = false;
        if (own != r.mode) own.set();  // the thread may be another library's too
    };
    provider().run(threads, run, &region);
}

const char* threading() {
    return provider().name;
}

const char* threading_source() {
    return state().source;
}

void set_threading(const std::string& name) {
    state().provider = &provider_of(name, "set_threading");
    state().source = "set_threading";
}

}  // namespace fastnn
