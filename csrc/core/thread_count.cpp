// The default number of threads: min(CPU affinity, cgroup quota, physical cores), or
// OMP_NUM_THREADS.
#include <omp.h>
#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "core/cgroup.h"
#include "core/check.h"
#include "core/thread_count.h"

namespace fastnn {
namespace {

// No call uses more threads than this: they would not help. A machine with more CPUs raises it,
// OMP_THREAD_LIMIT lowers it.
int most_threads = 256;

std::atomic<int> wanted{0};       // by set_num_threads, or the default
std::atomic<int> generation{0};   // grows with every set_num_threads
std::atomic<bool> forked{false};  // this is a forked child: the workers do not exist in it
int initial_omp = 1;              // OpenMP's own default
std::atomic<const char*> source{""};

// Where OpenMP binds its threads (OMP_PROC_BIND, OMP_PLACES): the first thread is bound as soon as
// OpenMP is loaded, so the affinity of the calling thread says nothing then. Empty if it binds
// none.
std::vector<int> openmp_places() {
    std::vector<int> cpus;
    if (omp_get_proc_bind() == omp_proc_bind_false) return cpus;
    for (int place = 0; place < omp_get_num_places(); ++place) {
        std::vector<int> ids(static_cast<std::size_t>(omp_get_place_num_procs(place)));
        omp_get_place_proc_ids(place, ids.data());
        cpus.insert(cpus.end(), ids.begin(), ids.end());
    }
    return cpus;
}

// The CPUs that the calling thread may run on.
std::vector<int> affinity() {
    std::vector<int> cpus;
    // cpu_set_t ends at 1,024 CPUs, and the call fails on a larger machine: so grow the set until
    // it fits.
    for (int most = 1024; cpus.empty() && most <= 1 << 20; most *= 4) {
        cpu_set_t* set = CPU_ALLOC(static_cast<std::size_t>(most));
        const std::size_t bytes = CPU_ALLOC_SIZE(static_cast<std::size_t>(most));
        if (set != nullptr && sched_getaffinity(0, bytes, set) == 0) {
            for (int cpu = 0; cpu < most; ++cpu) {
                if (CPU_ISSET_S(static_cast<std::size_t>(cpu), bytes, set)) cpus.push_back(cpu);
            }
        }
        CPU_FREE(set);
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

int default_threads() {
    const std::vector<int> cpus = usable_cpus();
    most_threads =
        std::min(std::max(most_threads, static_cast<int>(cpus.size())), omp_get_thread_limit());
    if (const char* text = std::getenv("OMP_NUM_THREADS"); text != nullptr && std::atoi(text) > 0) {
        source = "OMP_NUM_THREADS";
        return std::min(std::atoi(text), most_threads);
    }
    int threads = std::max<int>(1, static_cast<int>(cpus.size()));
    source = "CPU affinity";
    if (const int cores = physical_cores(cpus); cores > 0 && cores < threads) {
        threads = cores;
        source = "physical cores";
    }
    if (const double quota = cgroup::cpu_quota(); quota > 0 && std::ceil(quota) < threads) {
        threads = static_cast<int>(std::ceil(quota));
        source = "cgroup quota";
    }
    if (most_threads < threads) {
        threads = most_threads;
        source = "OMP_THREAD_LIMIT";
    }
    return threads;
}

}  // namespace

int num_threads() {
    if (in_forked_child()) return 1;
    // OpenMP keeps its limit per thread, and threadpoolctl sets it there. So each thread writes our
    // number to OpenMP's limit once after every change; between changes, OpenMP's limit is the one
    // that counts.
    static thread_local int seen = -1;
    const int now = generation.load(std::memory_order_acquire);
    if (seen != now) {
        const bool limited_elsewhere = seen == -1 && omp_get_max_threads() != initial_omp;
        seen = now;
        if (!limited_elsewhere) omp_set_num_threads(wanted.load(std::memory_order_relaxed));
    }
    return std::min(omp_get_max_threads(), most_threads);
}

void set_num_threads(int n) {
    if (n < 1) fail<ValueError>("set_num_threads: n must be at least 1, got ", n);
    if (n > most_threads)
        fail<ValueError>("set_num_threads: n must be at most ", most_threads, ", got ", n);
    wanted = n;
    source = "set_num_threads";
    generation.fetch_add(1, std::memory_order_release);
    if (!forked) num_threads();
}

const char* threads_source() {
    if (forked) return "forked child";
    return num_threads() == wanted ? source.load() : "OpenMP limit of this thread";
}

std::vector<int> usable_cpus() {
    std::vector<int> cpus = openmp_places();
    return cpus.empty() ? affinity() : cpus;
}

bool in_forked_child() {
    return forked.load(std::memory_order_relaxed);
}

void init_threads() {
    initial_omp = omp_get_max_threads();
    wanted = default_threads();
    num_threads();
    pthread_atfork(nullptr, nullptr, [] { forked = true; });
}

}  // namespace fastnn
