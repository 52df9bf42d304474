// The default number of threads: min(CPU affinity, cgroup quota, physical cores), or OMP_NUM_THREADS.
#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "core/check.h"
#include "core/parallel.h"

namespace fastnn {
namespace {

std::atomic<int> wanted{0};         // what set_num_threads or the default asked for
std::atomic<int> generation{0};     // grows with every set_num_threads
std::atomic<bool> forked{false};    // this is a forked child: its OpenMP threads do not exist
int initial_omp = 1;                // what OpenMP itself would have used
const char* source = "";

std::vector<int> affinity() {
    std::vector<int> cpus;
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set) == 0) {
        for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
            if (CPU_ISSET(cpu, &set)) cpus.push_back(cpu);
        }
    }
    return cpus;
}

// Hyper-threads share one FMA unit: a second one per core adds nothing to these kernels.
int physical_cores(const std::vector<int>& cpus) {
    std::set<std::string> cores;
    for (int cpu : cpus) {
        std::ifstream file("/sys/devices/system/cpu/cpu" + std::to_string(cpu) +
                           "/topology/thread_siblings_list");
        std::string siblings;
        if (!std::getline(file, siblings)) return static_cast<int>(cpus.size());
        cores.insert(siblings);
    }
    return static_cast<int>(cores.size());
}

double read_number(const std::string& path) {
    std::ifstream file(path);
    double value = -1;
    file >> value;
    return file ? value : -1;
}

// The tightest CPU quota of this process's cgroup and the ones above it, in CPUs; 0 where there is none.
double cgroup_quota() {
    double quota = 0;
    const auto limit = [&](double cpus) {
        if (cpus > 0) quota = quota == 0 ? cpus : std::min(quota, cpus);
    };
    std::ifstream file("/proc/self/cgroup");
    for (std::string line; std::getline(file, line);) {
        const auto first = line.find(':');
        const auto second = line.find(':', first + 1);
        if (second == std::string::npos) continue;
        const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
        const bool unified = controllers == ",,";
        if (!unified && controllers.find(",cpu,") == std::string::npos) continue;
        for (std::string path = line.substr(second + 1);; path.erase(path.rfind('/'))) {
            if (path == "/") path.clear();
            if (unified) {
                std::ifstream max("/sys/fs/cgroup" + path + "/cpu.max");
                double time = 0, period = 0;
                if (max >> time >> period && period > 0) limit(time / period);  // "max" does not parse
            } else {
                const std::string folder = "/sys/fs/cgroup/cpu" + path;
                const double period = read_number(folder + "/cpu.cfs_period_us");
                if (period > 0) limit(read_number(folder + "/cpu.cfs_quota_us") / period);
            }
            if (path.empty() || path.find('/') == std::string::npos) break;
        }
    }
    return quota;
}

int default_threads() {
    if (const char* text = std::getenv("OMP_NUM_THREADS"); text != nullptr && std::atoi(text) > 0) {
        source = "OMP_NUM_THREADS";
        return std::atoi(text);
    }
    const std::vector<int> cpus = affinity();
    int threads = std::max<int>(1, static_cast<int>(cpus.size()));
    source = "CPU affinity";
    if (const int cores = physical_cores(cpus); cores > 0 && cores < threads) {
        threads = cores;
        source = "physical cores";
    }
    if (const double quota = cgroup_quota(); quota > 0 && std::ceil(quota) < threads) {
        threads = static_cast<int>(std::ceil(quota));
        source = "cgroup quota";
    }
    return threads;
}

}  // namespace

int num_threads() {
    if (forked.load(std::memory_order_relaxed)) return 1;
    // OpenMP keeps its limit per thread, and threadpoolctl sets it there. So a thread takes over our number
    // once each time it changes, and afterwards whatever stands in OpenMP's own limit counts.
    static thread_local int seen = -1;
    const int now = generation.load(std::memory_order_acquire);
    if (seen != now) {
        const bool limited_elsewhere = seen == -1 && omp_get_max_threads() != initial_omp;
        seen = now;
        if (!limited_elsewhere) omp_set_num_threads(wanted.load(std::memory_order_relaxed));
    }
    return omp_get_max_threads();
}

void set_num_threads(int n) {
    if (n < 1) fail<ValueError>("set_num_threads: n must be at least 1, got ", n);
    // More threads than this cannot help on any machine and each would cost a stack.
    if (n > 4096) fail<ValueError>("set_num_threads: n must be at most 4096, got ", n);
    wanted = n;
    source = "set_num_threads";
    generation.fetch_add(1, std::memory_order_release);
    if (!forked) num_threads();
}

const char* threads_source() { return forked ? "forked child" : source; }

void forbid_threads_after_fork() {
    initial_omp = omp_get_max_threads();
    wanted = default_threads();
    num_threads();
    pthread_atfork(nullptr, nullptr, [] { forked = true; });
}

}  // namespace fastnn
