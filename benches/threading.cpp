// The cost of an empty region: opening it, a loop of one empty chunk per thread, closing it. Prints
// nanoseconds for each provider, the median of several blocks measured in turns.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "core/parallel.h"

using namespace fastnn;

namespace {

double region_ns(int threads, int count) {
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < count; ++i)
        parallel_team(threads, [&](Team& team) { team.for_each(threads, [](dim_t) {}); });
    const std::chrono::duration<double, std::nano> taken = std::chrono::steady_clock::now() - start;
    return taken.count() / count;
}

}  // namespace

int main(int, char** arguments) {
    const int threads = std::atoi(arguments[1]), blocks = std::atoi(arguments[2]);
    init_threads();
    set_num_threads(threads);
    std::vector<double> times[2];
    for (int block = 0; block < blocks; ++block) {
        for (int i : {0, 1}) {
            set_threading(i == 0 ? "pool" : "openmp");
            region_ns(threads, 10);
            times[i].push_back(region_ns(threads, 200));
        }
    }
    for (auto& t : times) {
        std::sort(t.begin(), t.end());
        std::printf("%f\n", t[t.size() / 2]);
    }
}
