// Threads: how many there are, and the one loop that uses them.
//
// Work is cut into chunks by the size of the problem alone, never by the number of threads, and
// chunks share no output; so a result has the same bits for any number of threads.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "core/region.h"

namespace fastnn {

int num_threads();                 // how many threads a call from this thread may use (>= 1)
void set_num_threads(int n);       // for all threads of the process from their next call on
const char* threads_source();      // where the number comes from, in words
void forbid_threads_after_fork();  // installs the fork handler; called once at import

// Opening a region and meeting again costs about 1 us here; below this much work a thread is not
// worth it.
constexpr double kThreadWorthNs = 6000;

// How many threads `total_ns` nanoseconds of single-threaded work in `chunks` pieces are worth.
inline int threads_worth(long chunks, double total_ns) {
    if (chunks <= 1 || total_ns < 2 * kThreadWorthNs || in_region()) return 1;
    const double most = total_ns / kThreadWorthNs;
    int n = num_threads();
    if (n > chunks) n = static_cast<int>(chunks);
    if (n > most) n = static_cast<int>(most);
    return n;
}

// The threads of one parallel region, as one of them sees it: for drivers that work in several
// phases. What a thread computes must not depend on threads(), only who does it.
//
// A thread may come late or not at all, so work is done in chunks of loops only: whoever comes late
// finds the chunks of the loops before taken and goes through them to the one that is under way.
// Every thread goes through the same loops with the same numbers of chunks.
//
// In a loop each thread begins with a share of its own, the same one in every call over as many
// chunks: so what one call leaves in a core's cache is there for the next. Whoever is done helps
// the others.
class Team {
 public:
    static constexpr int kMostShares = 64;
    // How far a loop has come: the loop's number, and below it a count of chunks. A value of an
    // earlier loop counts as none of this one, so that nobody need set it back.
    using Count = std::uint64_t;
    static constexpr int kCountBits = 40;
    struct alignas(64) Counter {  // a cache line each
        std::atomic<Count> count;
    };
    struct Progress {
        Counter taken[kMostShares];
        Counter done;
        explicit Progress(int threads) {
            for (int i = 0; i < threads && i < kMostShares; ++i)
                taken[i].count.store(0, std::memory_order_relaxed);
            done.count.store(0, std::memory_order_relaxed);
        }
    };
    Team() = default;  // one thread
    Team(int thread, int threads, Progress* progress)
        : thread_(thread),
          threads_(threads),
          shares_(threads < kMostShares ? threads : kMostShares),
          progress_(progress) {}
    int thread() const { return thread_; }
    int threads() const { return threads_; }
    // Calls f(chunk) for every chunk, on whichever thread is free; each share from its end, if
    // asked to. Returns when no chunk is left to begin.
    template <class F>
    void share_out(long chunks, F f, bool from_end = false) {
        const Loop<F> loop{next_loop(), chunks, f, from_end};
        if (progress_ == nullptr) {
            loop.all_here();
        } else {
            share(loop, thread_);
            others(loop);
        }
    }
    // share_out, then waits until all chunks are done. What the end of one loop has left in cache
    // is met first by the next one from the end.
    template <class F>
    void loop(long chunks, F f, bool from_end = false) {
        const Loop<F> loop{next_loop(), chunks, f, from_end};
        if (progress_ == nullptr) return loop.all_here();
        if (chunks == 0) return;
        const Count all = loop.first + static_cast<Count>(chunks);
        Count now = done(loop.first, share(loop, thread_));
        // Most often the others are about to end theirs, and looking for work would disturb them.
        Wait wait;
        for (int i = 0; now < all && i < kPatience; ++i) wait.pause(), now = done();
        if (now < all) now = done(loop.first, others(loop));
        for (; now < all; now = done()) wait.pause();
    }

 private:
    template <class F>
    struct Loop {
        Count first;  // the count where none is done
        long chunks;
        F& f;
        bool from_end;
        void all_here() const {
            for (long i = 0; i < chunks; ++i) f(from_end ? chunks - 1 - i : i);
        }
    };
    static constexpr int kPatience = 16;

    Count next_loop() { return loops_ += Count{1} << kCountBits; }
    // Does what nobody else has begun of a thread's share. Returns how many chunks.
    template <class F>
    long share(const Loop<F>& loop, int thread) const {
        const long s = thread % shares_, begin = loop.chunks * s / shares_,
                   size = loop.chunks * (s + 1) / shares_ - begin;
        auto& taken = progress_->taken[s].count;
        long mine = 0;
        for (long i; (i = take(taken, loop.first, size)) < size; ++mine)
            loop.f(begin + (loop.from_end ? size - 1 - i : i));
        return mine;
    }
    template <class F>
    long others(const Loop<F>& loop) const {
        long mine = 0;
        for (int i = 1; i < shares_; ++i) mine += share(loop, thread_ + i);
        return mine;
    }
    // The number of a chunk that nobody else has, or `size`.
    static long take(std::atomic<Count>& taken, Count first, long size) {
        const Count end = first + static_cast<Count>(size);
        Count now = taken.load(std::memory_order_relaxed), next;
        do {
            next = std::max(now, first);
            if (next >= end) return size;
        } while (!taken.compare_exchange_weak(now, next + 1, std::memory_order_relaxed));
        return static_cast<long>(next - first);
    }
    Count done() const { return progress_->done.count.load(std::memory_order_acquire); }
    // Adds what this thread has done in the loop.
    Count done(Count first, long mine) const {
        Count now = done(), next = now;
        if (mine > 0) {
            do next = std::max(now, first) + static_cast<Count>(mine);
            while (
                !progress_->done.count.compare_exchange_weak(now, next, std::memory_order_acq_rel));
        }
        return next;
    }

    int thread_ = 0, threads_ = 1, shares_ = 1;
    Progress* progress_ = nullptr;
    Count loops_ = 0;  // begun so far, as a count
};

// Calls f(team) on this thread and on those that come to help. f must not throw.
template <class F>
void parallel_team(int threads, F f) {
    if (threads <= 1) {
        Team one;
        f(one);
        return;
    }
    struct Work {
        F* f;
        int threads;
        Team::Progress progress;
    } work{&f, threads, Team::Progress(threads)};
    const auto run = [](void* context, int thread) {
        auto& w = *static_cast<Work*>(context);
        Team team(thread, w.threads, &w.progress);
        (*w.f)(team);
    };
    run_with_helpers(threads, run, &work);
}

// Calls f(chunk) for chunk = 0 .. chunks-1, each once, in any order. f must not throw.
// chunk_ns is a guess of what one chunk costs one thread, on average over all chunks.
template <class F>
void parallel_for(long chunks, double chunk_ns, F f) {
    parallel_team(threads_worth(chunks, static_cast<double>(chunks) * chunk_ns),
                  [&](Team& team) { team.share_out(chunks, f); });
}

}  // namespace fastnn
