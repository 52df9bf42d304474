// Parallel loops.
//
// Work is cut into chunks by the size of the problem alone, never by the number of threads, and
// chunks share no output; so a result has the same bits for any number of threads.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "core/integer.h"
#include "core/interrupt.h"
#include "core/thread_count.h"
#include "core/threading.h"
#include "core/wait.h"

namespace fastnn {

// Opening and closing a region costs about 1 us; below this much work another thread does not pay.
constexpr double kThreadWorthNs = 6000;
// Work of a chunk at least, where a driver chooses its size by cost: handing out a chunk costs some
// 100 to 200 ns.
constexpr double kChunkNs = 8000;
// A thread that works in a region cannot look for Ctrl-C: longer chunks are for the calling thread
// alone. Kernels with such chunks look for Ctrl-C within them (simd/poll.h).
constexpr double kLongChunkNs = 3e8;

// How many threads `total_ns` nanoseconds of single-threaded work in `chunks` pieces are worth.
inline int threads_worth(dim_t chunks, double total_ns) {
    if (chunks <= 1 || total_ns < 2 * kThreadWorthNs || in_region()) return 1;
    if (total_ns > kLongChunkNs * static_cast<double>(chunks)) return 1;
    const double most = total_ns / kThreadWorthNs;
    int n = num_threads();
    if (n > chunks) n = static_cast<int>(chunks);
    if (n > most) n = static_cast<int>(most);
    return n;
}

// A thread of a parallel region, for drivers that work in several phases. threads() may decide
// which thread computes a chunk, never what is computed.
//
// A thread may start late or never, so all work is done as chunks of loops: a late thread finds the
// chunks of earlier loops taken and skips to the loop that is running. Every thread executes the
// same loops with the same numbers of chunks.
//
// The calling thread leaves long regions to look for Ctrl-C (parallel_team): a chunk should end
// within some 100 ms, see kLongChunkNs for those that do not.
//
// Each thread starts a loop with its own share, the same one in every loop over as many chunks, so
// that it finds in its cache what it has computed before. A thread that has finished its share
// takes chunks from the others.
class Team {
 public:
    static constexpr int kMostShares = 64;
    // The progress of a loop: the loop's number, and below it a count of chunks. A value left by an
    // earlier loop counts as zero, so that no thread has to reset it.
    using Count = std::uint64_t;
    static constexpr int kCountBits = 40;
    struct alignas(64) Counter {  // a cache line each
        std::atomic<Count> count;
    };
    struct Progress {
        Counter taken[kMostShares];
        Counter done;
        // Set when the region has lasted long enough: threads start no more chunks, and
        // parallel_team looks for Ctrl-C before it goes on.
        alignas(64) std::atomic<bool> paused;
        CoarseNs pause_at;
        explicit Progress(int threads) {
            for (int i = 0; i < threads && i < kMostShares; ++i)
                taken[i].count.store(0, std::memory_order_relaxed);
            done.count.store(0, std::memory_order_relaxed);
            resume();
        }
        bool is_paused() const { return paused.load(std::memory_order_relaxed); }
        void resume() {
            paused.store(false, std::memory_order_relaxed);
            pause_at = coarse_now() + kTurnNs;
        }
        void look_at_clock() {
            if (coarse_now() >= pause_at) paused.store(true, std::memory_order_relaxed);
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
    // Calls f(chunk) for every chunk, on whichever thread is free; each share in reverse order with
    // `from_end`. Returns when every chunk has been started.
    template <class F>
    void for_each_nowait(dim_t chunks, F f, bool from_end = false) {
        const Loop<F> loop{next_loop(), chunks, f, from_end};
        if (progress_ == nullptr) {
            run_all(loop);
        } else {
            run_share(loop, thread_);
            others(loop);
        }
    }
    // for_each_nowait, then waits until all chunks are done: true, or false where the region is
    // left before that. A loop with `from_end` starts with what the loop before it has computed
    // last, which is still cached.
    template <class F>
    bool for_each(dim_t chunks, F f, bool from_end = false) {
        const Loop<F> loop{next_loop(), chunks, f, from_end};
        if (progress_ == nullptr) {
            run_all(loop);
            return true;
        }
        if (chunks == 0) return true;
        const Count all = loop.first + static_cast<Count>(chunks);
        Count now = done(loop.first, run_share(loop, thread_));
        // Usually the other threads are about to finish, and looking for work would disturb them.
        Wait wait;
        for (int i = 0; now < all && i < kPauses; ++i) wait.pause(), now = done();
        if (now < all) now = done(loop.first, others(loop));
        for (; now < all && !progress_->is_paused(); now = done()) wait.pause();
        return now >= all;
    }

 private:
    template <class F>
    struct Loop {
        Count first;  // the count of zero chunks
        dim_t chunks;
        F& f;
        bool from_end;
    };
    static constexpr int kPauses = 16;

    Count next_loop() { return loops_ += Count{1} << kCountBits; }
    // One thread looks for Ctrl-C between two chunks.
    template <class F>
    void run_all(const Loop<F>& loop) {
        for (dim_t i = 0; i < loop.chunks; ++i) {
            if (begun_) poll_interrupt();
            begun_ = true;
            loop.f(loop.from_end ? loop.chunks - 1 - i : i);
        }
    }
    // Runs the chunks of a thread's share that no thread has started. Returns how many.
    template <class F>
    dim_t run_share(const Loop<F>& loop, int thread) const {
        const dim_t s = thread % shares_, begin = loop.chunks * s / shares_,
                    size = loop.chunks * (s + 1) / shares_ - begin;
        auto& taken = progress_->taken[s].count;
        dim_t mine = 0;
        for (dim_t i; !progress_->is_paused() && (i = take(taken, loop.first, size)) < size;
             ++mine) {
            loop.f(begin + (loop.from_end ? size - 1 - i : i));
            progress_->look_at_clock();
        }
        return mine;
    }
    template <class F>
    dim_t others(const Loop<F>& loop) const {
        dim_t mine = 0;
        for (int i = 1; i < shares_; ++i) mine += run_share(loop, thread_ + i);
        return mine;
    }
    // Claims a chunk that no thread has started; `size` if there is none.
    static dim_t take(std::atomic<Count>& taken, Count first, dim_t size) {
        const Count end = first + static_cast<Count>(size);
        Count now = taken.load(std::memory_order_relaxed), next;
        do {
            next = std::max(now, first);
            if (next >= end) return size;
        } while (!taken.compare_exchange_weak(now, next + 1, std::memory_order_relaxed));
        return static_cast<dim_t>(next - first);
    }
    Count done() const { return progress_->done.count.load(std::memory_order_acquire); }
    // Adds the chunks that this thread has done.
    Count done(Count first, dim_t mine) const {
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
    bool begun_ = false;
    Count loops_ = 0;  // begun so far, as a count
};

// Calls f(team) on this thread and on those that the provider brings. f must not throw.
//
// Every kTurnNs all threads leave, and f is called again after a look for Ctrl-C: as to a late
// thread, the chunks that are done are taken. So f may do again what it does outside of loops, and
// reads what a loop has written only if for_each returns true.
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
    run_region(threads, run, &work);
    while (work.progress.is_paused()) {
        poll_interrupt();
        work.progress.resume();
        run_region(threads, run, &work);
    }
}

// Calls f(chunk) for chunk = 0 .. chunks-1, each once, in any order. f must not throw.
// chunk_ns is a guess of what one chunk costs one thread, on average over all chunks.
template <class F>
void parallel_for(dim_t chunks, double chunk_ns, F f) {
    parallel_team(threads_worth(chunks, static_cast<double>(chunks) * chunk_ns),
                  [&](Team& team) { team.for_each_nowait(chunks, f); });
}

}  // namespace fastnn
