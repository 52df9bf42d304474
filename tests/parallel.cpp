// Parallel regions, opened by several threads at once, whose threads start late or never: each
// chunk is done once, and after all chunks of the loops before it; and a long parallel_for, which
// Ctrl-C ends between two regions. Prints what is wrong.
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

void dawdle(unsigned number) {
    if (number % 97 == 0) std::this_thread::sleep_for(std::chrono::microseconds(number % 200));
}

// A pipeline: loop l adds 1 to each of its cells after reading the sum of the loop before it.
void region(std::mt19937& random, int most_threads) {
    const int threads = 1 + static_cast<int>(random() % static_cast<unsigned>(most_threads));
    const int loops = 1 + static_cast<int>(random() % 6);
    std::vector<std::vector<long>> cells(static_cast<std::size_t>(loops));
    for (auto& row : cells) row.resize(random() % 5 == 0 ? random() % 2 : random() % 40);
    const unsigned salt = random();
    const bool from_end = random() % 2 == 0;
    parallel_team(threads, [&](Team& team) {
        dawdle(salt + static_cast<unsigned>(team.thread()));
        long before = 1;
        for (auto& row : cells) {
            team.for_each(
                static_cast<long>(row.size()),
                [&](long i) {
                    dawdle(salt + static_cast<unsigned>(i));
                    row[static_cast<std::size_t>(i)] += before;
                },
                from_end);
            for (const long cell : row) before += cell;  // of a loop that all have ended
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
};

void run_long_work(const LongWork& work) {
    parallel_for(1000, 1e6, [&](long) {
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
        work.chunks->fetch_add(1);
    });
}

const Kernel<LongWork> long_work{"long_work", run_long_work,
                                 [](const LongWork&) { return Work{0, 0}; }};

struct Interrupted {};

// The user presses Ctrl-C at once: the kernel ends long before its last chunk.
void interrupt() {
    Interpreter impatient = interpreter();
    impatient.check_signals = [] { throw Interrupted(); };
    set_interpreter(impatient);
    std::atomic<int> chunks{0};
    bool thrown = false;
    try {
        launch(long_work, LongWork{&chunks});
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
                region(random, 7);
                if (i % 500 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(5));
            }
        });
    }
    for (auto& thread : threads) thread.join();
    interrupt();
    return failures == 0 ? 0 : 1;
}
