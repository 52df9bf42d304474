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

// The threads of one parallel region, as one of them sees it: for drivers that work in several
// phases. What a thread computes must not depend on threads(), only who does it.
//
// In a loop each thread begins with a share of its own, the same one in every call over as many
// chunks: so what one call leaves in a core's cache is there for the next. Whoever is done helps
// the others.
class Team {
 public:
    static constexpr int kMostShares = 64;
    struct alignas(64) Counter {  // a cache line each
        std::atomic<long> next;
    };
    struct Counters {
        Counter of[2][kMostShares];  // for this loop and the one after it
        explicit Counters(int threads) {
            for (auto& loop : of) {
                for (int i = 0; i < threads && i < kMostShares; ++i)
                    loop[i].next.store(0, std::memory_order_relaxed);
            }
        }
    };
    Team() = default;  // one thread
    Team(int thread, int threads, Counters* counters)
        : thread_(thread),
          threads_(threads),
          shares_(threads < kMostShares ? threads : kMostShares),
          counters_(counters) {}
    int thread() const { return thread_; }
    int threads() const { return threads_; }
    // Calls f(chunk) for every chunk, on whichever thread is free; each share from its end, if
    // asked to.
    template <class F>
    void share_out(long chunks, F f, bool from_end = false) {
        if (counters_ == nullptr) {
            for (long i = 0; i < chunks; ++i) f(from_end ? chunks - 1 - i : i);
            return;
        }
        for (int turn = 0; turn < shares_; ++turn) {
            const long s = (thread_ + turn) % shares_, begin = chunks * s / shares_,
                       size = chunks * (s + 1) / shares_ - begin;
            auto& next = counters_->of[loop_ & 1][s].next;
            for (long i; (i = next.fetch_add(1, std::memory_order_relaxed)) < size;)
                f(begin + (from_end ? size - 1 - i : i));
        }
    }
    // Returns when all threads have come here. Every thread must.
    void meet() const {
        if (counters_ == nullptr) return;
#pragma omp barrier
    }
    // share_out, then meet. What the end of one loop has left in cache is met first by the next one
    // from the end.
    template <class F>
    void loop(long chunks, F f, bool from_end = false) {
        // Nobody is still in the loop before this one, so its counters can be made ready again.
        if (counters_ != nullptr && thread_ < shares_)
            counters_->of[(loop_ + 1) & 1][thread_].next.store(0, std::memory_order_relaxed);
        share_out(chunks, f, from_end);
        meet();
        ++loop_;
    }

 private:
    int thread_ = 0, threads_ = 1, shares_ = 1;
    Counters* counters_ = nullptr;
    unsigned loop_ = 0;
};

// Calls f(team) on every thread of a team. f must not throw.
template <class F>
void parallel_team(int threads, F f) {
    if (threads <= 1) {
        Team one;
        f(one);
        return;
    }
    Team::Counters counters(threads);
#pragma omp parallel num_threads(threads)
    {
        // Fewer than asked for, where the system gives no more.
        Team team(omp_get_thread_num(), omp_get_num_threads(), &counters);
        f(team);
    }
}

// Calls f(chunk) for chunk = 0 .. chunks-1, each once, in any order. f must not throw.
// chunk_ns is a guess of what one chunk costs one thread, on average over all chunks.
template <class F>
void parallel_for(long chunks, double chunk_ns, F f) {
    parallel_team(threads_worth(chunks, static_cast<double>(chunks) * chunk_ns),
                  [&](Team& team) { team.share_out(chunks, f); });
}

}  // namespace fastnn
