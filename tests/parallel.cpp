// Parallel regions, opened by several threads at once, whose threads start late or never, and which
// are left and entered again where they last long: each chunk is done once, and after all chunks of
// the loops before it; and long loops, which Ctrl-C ends whatever they were said to cost. Prints
// what is wrong.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <thread>
#include <vector>

#include "core/launch.h"
#include "core/parallel.h"

using namespace fastnn;

namespace {

std::atomic<int> failures{0};

void dawdle(unsigned number, bool long_region) {
    if (number % 97 == 0) std::this_thread::sleep_for(std::chrono::microseconds(number % 80));
    if (long_region) std::this_thread::sleep_for(std::chrono::milliseconds(number % 8));
}

// A pipeline: loop l adds 1 to each of its cells after reading the sum of the loop before it.
void region(std::mt19937& random, int most_threads, bool is_long) {
    const int threads = 1 + static_cast<int>(random() % static_cast<unsigned>(most_threads));
    const int loops = 1 + static_cast<int>(random() % 6);
    std::vector<std::vector<long>> cells(static_cast<std::size_t>(loops));
    for (auto& row : cells) row.resize(random() % 5 == 0 ? random() % 2 : random() % 40);
    const unsigned salt = random();
    const bool from_end = random() % 2 == 0;
    parallel_team(threads, [&](Team& team) {
        dawdle(salt + static_cast<unsigned>(team.thread()), false);
        long before = 1;
        for (auto& row : cells) {
            const bool done = team.for_each(
                static_cast<long>(row.size()),
                [&](long i) {
                    dawdle(salt + static_cast<unsigned>(i), is_long);
                    row[static_cast<std::size_t>(i)] += before;
                },
                from_end);
            if (!done) return;
            for (const long cell : row) before += cell;
        }
    });
    long before = 1;
    for (const auto& row : cells) {
        long sum = 0;
        for (const long cell : row) {
            if (cell != before && failures++ < 10)
                std::printf("%d threads: a cell is %ld, not %ld\n", threads, cell, before);
            sum += cell;
        }
        before += sum;
    }
}

struct LongWork {
    std::atomic<int>* chunks;
    double chunk_ns;  // what they are said to cost
};

void run_long_work(const LongWork& work) {
    parallel_for(1000, work.chunk_ns, [&](long) {
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
        work.chunks->fetch_add(1);
    });
}

const Kernel<LongWork> long_work{"long_work", run_long_work,
                                 [](const LongWork&) { return Work{0, 0}; }};

struct Interrupted {};

// The user presses Ctrl-C at once: the kernel ends long before its last chunk.
void interrupt(double chunk_ns) {
    Interpreter impatient = interpreter();
    impatient.check_signals = [] { throw Interrupted(); };
    set_interpreter(impatient);
    std::atomic<int> chunks{0};
    bool thrown = false;
    try {
        launch(long_work, LongWork{&chunks, chunk_ns});
    } catch (const Interrupted&) {
        thrown = true;
    }
    if (!thrown || chunks == 0 || chunks > 900) {
        std::printf("interrupted: %d, after %d chunks\n", thrown, chunks.load());
        ++failures;
    }
}

}  // namespace

int main(int, char** arguments) {
    set_threading(arguments[1]);
    const int callers = std::atoi(arguments[2]), regions = std::atoi(arguments[3]);
    std::vector<std::thread> threads;
    for (int caller = 0; caller < callers; ++caller) {
        threads.emplace_back([=] {
            std::mt19937 random(static_cast<unsigned>(caller));
            for (int i = 0; i < regions; ++i) {
                region(random, 7, i % 400 == 0);
                if (i % 500 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(5));
            }
        });
    }
    for (auto& thread : threads) thread.join();
    for (const double chunk_ns : {1e6, 1e3, 1e-3}) interrupt(chunk_ns);
    return failures == 0 ? 0 : 1;
}
