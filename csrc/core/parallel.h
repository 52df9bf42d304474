// Threads: how many there are, and the one loop that uses them. The only file with OpenMP.
//
// Work is cut into chunks by the size of the problem alone, never by the number of threads, and
// chunks share no output; so a result has the same bits for any number of threads.
#pragma once

#include <omp.h>

#include <atomic>

namespace fastnn {

int num_threads();                 // how many threads a call from this thread may use (>= 1)
void set_num_threads(int n);       // for all threads of the process from their next call on
const char* threads_source();      // where the number comes from, in words
void forbid_threads_after_fork();  // installs the fork handler; called once at import

// Starting a team and meeting again costs about 2 us here; below this much work a thread is not
// worth it.
constexpr double kThreadWorthNs = 6000;

// How many threads `total_ns` nanoseconds of single-threaded work in `chunks` pieces are worth.
inline int threads_worth(long chunks, double total_ns) {
    if (chunks <= 1 || total_ns < 2 * kThreadWorthNs || omp_in_parallel()) return 1;
    const double most = total_ns / kThreadWorthNs;
    int n = num_threads();
    if (n > chunks) n = static_cast<int>(chunks);
    if (n > most) n = static_cast<int>(most);
    return n;
}

// Calls f(chunk) for chunk = 0 .. chunks-1, each once, in any order. f must not throw.
// chunk_ns is a guess of what one chunk costs one thread, on average over all chunks.
//
// Each thread begins with a share of its own, the same one in every call over as many chunks: so
// what one call leaves in a core's cache is there for the next. Whoever is done helps the others.
template <class F>
void parallel_for(long chunks, double chunk_ns, F f) {
    const int threads = threads_worth(chunks, static_cast<double>(chunks) * chunk_ns);
    if (threads <= 1) {
        for (long i = 0; i < chunks; ++i) f(i);
        return;
    }
    struct alignas(64) Share {  // a cache line each
        std::atomic<long> next;
        long end;
    };
    constexpr int kMostShares = 64;
    Share share[kMostShares];
    const int shares = threads < kMostShares ? threads : kMostShares;
    for (int s = 0; s < shares; ++s) {
        share[s].next.store(chunks * s / shares, std::memory_order_relaxed);
        share[s].end = chunks * (s + 1) / shares;
    }
#pragma omp parallel num_threads(threads)
    for (int turn = 0, own = omp_get_thread_num(); turn < shares; ++turn) {
        Share& from = share[(own + turn) % shares];
        for (long i; (i = from.next.fetch_add(1, std::memory_order_relaxed)) < from.end;) f(i);
    }
}

// Runs f(thread, threads) on every thread of a team, for drivers that cut work in several phases;
// team_barrier() lets them meet. What a thread computes must not depend on `threads`, only who does
// it.
template <class F>
void parallel_team(int threads, F f) {
    if (threads <= 1) {
        f(0, 1);
        return;
    }
#pragma omp parallel num_threads(threads)
    f(omp_get_thread_num(), omp_get_num_threads());
}

inline void team_barrier() {
#pragma omp barrier
}

// Calls f(chunk) for every chunk, on whichever thread of the team is free, and meets at the end.
// Every thread of the innermost team must come here.
template <class F>
void team_loop(long chunks, F f) {
#pragma omp for schedule(dynamic, 1)
    for (long i = 0; i < chunks; ++i) f(i);
}

}  // namespace fastnn
