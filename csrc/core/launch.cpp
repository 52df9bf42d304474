#include "core/launch.h"

#include <pthread.h>

#include <atomic>
#include <chrono>
#include <mutex>

#include "core/interrupt.h"
#include "core/threading.h"

namespace fastnn {
namespace {

using Clock = std::chrono::steady_clock;

Interpreter interpreter{[]() -> void* { return nullptr; }, [](void*) {}, [] {}};

// Set while a kernel runs on this thread without the GIL; its place is what poll_interrupt needs to
// get back.
thread_local void** released = nullptr;
thread_local Clock::time_point last_poll;

class Released {
 public:
    Released() : state_(interpreter.release()) { released = &state_; }
    ~Released() {
        released = nullptr;
        interpreter.acquire(state_);
    }
    Released(const Released&) = delete;
    Released& operator=(const Released&) = delete;

 private:
    void* state_;
};

struct Profiler {
    std::atomic<bool> on{false};
    std::mutex mutex;
    std::vector<profiler::Event> events;
    Clock::time_point begin;
};
Profiler& the_profiler() {
    static Profiler* profiler = new Profiler;
    return *profiler;
}
std::atomic<bool>& profiling = the_profiler().on;

double microseconds(Clock::duration d) {
    return std::chrono::duration<double, std::micro>(d).count();
}

}  // namespace

void set_interpreter(const Interpreter& given) {
    interpreter = given;
}

void launch(const Call& call) {
    if (!profiling.load(std::memory_order_relaxed)) {
        const Released guard;
        call.run(call.kernel, call.args);
        return;
    }
    const Work work = call.work(call.kernel, call.args);
    Clock::time_point start, end;
    {
        const Released guard;
        start = Clock::now();
        call.run(call.kernel, call.args);
        end = Clock::now();
    }
    Profiler& p = the_profiler();
    const std::lock_guard lock(p.mutex);
    if (!p.on) return;
    p.events.push_back({call.name, microseconds(start - p.begin), microseconds(end - start), work,
                        static_cast<std::uint64_t>(pthread_self())});
}

void poll_interrupt() {
    if (released == nullptr || in_region()) return;
    const auto now = Clock::now();
    if (now - last_poll < std::chrono::milliseconds(50)) return;
    last_poll = now;
    interpreter.acquire(*released);
    struct Again {
        ~Again() { *released = interpreter.release(); }
    } again;
    interpreter.check_signals();
}

namespace profiler {

void start() {
    Profiler& p = the_profiler();
    const std::lock_guard lock(p.mutex);
    p.events.clear();
    p.begin = Clock::now();
    p.on = true;
}

std::vector<Event> stop() {
    Profiler& p = the_profiler();
    const std::lock_guard lock(p.mutex);
    p.on = false;
    return std::move(p.events);
}

}  // namespace profiler
}  // namespace fastnn
