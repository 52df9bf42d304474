// The threads of parallel regions. core/parallel.h divides work into chunks; a provider supplies
// threads for them.
#pragma once

#include <string>

namespace fastnn {

// A region: work(context, i) runs on thread i of it. It must not throw.
using RegionWork = void (*)(void* context, int thread);

// run calls work(context, 0) on the calling thread and work(context, i) on some of the threads
// i = 1 .. threads - 1, concurrently or later, and returns when all of these calls have returned.
// Fewer threads than requested may take part: work must be correct for any number of them.
struct ThreadProvider {
    const char* name;
    void (*run)(int threads, RegionWork work, void* context);
};

// Runs a region with the current provider; on the calling thread alone inside a region and in a
// forked child.
void run_region(int threads, RegionWork work, void* context);

// Is this thread computing a region? There are no regions in regions.
bool in_region();

// The current provider, "pool" or "openmp". Both give the same bits. At first it is the one named
// by FASTNN_THREADING, or else the build's default.
const char* threading();
const char* threading_source();  // where it comes from, in words
void set_threading(const std::string& name);

}  // namespace fastnn
