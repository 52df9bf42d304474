#include "core/launch.h"

#include <pthread.h>

#include <atomic>
#include <chrono>
#include <exception>
#include <mutex>
#include <set>
#include <string>
#include <utility>

#include "core/fork.h"
#include "core/interrupt.h"
#include "core/note.h"
#include "core/recorder.h"
#include "core/threading.h"

namespace fastnn {
namespace {

using Clock = std::chrono::steady_clock;

Interpreter the_interpreter{[]() -> void* { return nullptr; }, [](void*) {}, [] {},
                            [](const Owners&) -> void* { return nullptr; }, [](void*) noexcept {}};

// Set while a kernel runs on this thread without the GIL: the state that poll_interrupt needs to
// take the GIL.
thread_local void** released = nullptr;
// When poll_interrupt is due; 0 before its first call of a kernel.
thread_local CoarseNs poll_at = 0;
// Whether `interrupted` has caught what poll_interrupt threw, and that.
thread_local bool stopped = false;
thread_local std::exception_ptr what_stopped;
// Where the kernel being measured on this thread writes the names of its algorithms.
thread_local std::string* noted = nullptr;

class Noting {
 public:
    explicit Noting(std::string& algorithms) : outer_(noted) { noted = &algorithms; }
    ~Noting() { noted = outer_; }
    Noting(const Noting&) = delete;
    Noting& operator=(const Noting&) = delete;

 private:
    std::string* outer_;
};

struct Profiler {
    std::atomic<bool> on{false};
    ForkMutex mutex;
    std::vector<profiler::Event> events;
    std::set<std::string> names;  // names with algorithms, kept until the process ends
    Clock::time_point begin;
};
Profiler& the_profiler() {
    static Profiler* profiler = new Profiler;
    return *profiler;
}
// A forked child is not measured: it has not the threads that are.
const int fork_handler = pthread_atfork(nullptr, nullptr, [] {
    the_profiler().on = false;
    the_profiler().events.clear();
});
std::atomic<bool>& profiling = the_profiler().on;

double microseconds(Clock::duration d) {
    return std::chrono::duration<double, std::micro>(d).count();
}

}  // namespace

namespace {

void throw_if_stopped() {
    if (!stopped) [[likely]]
        return;
    stopped = false;
    std::rethrow_exception(std::exchange(what_stopped, nullptr));
}

}  // namespace

void set_interpreter(const Interpreter& given) {
    the_interpreter = given;
}

const Interpreter& interpreter() {
    return the_interpreter;
}

Released::Released()
    : state_(the_interpreter.release()), outer_(released), outer_poll_at_(poll_at) {
    released = &state_;
    poll_at = 0;
}

Released::~Released() {
    poll_at = outer_poll_at_;
    released = outer_;
    the_interpreter.acquire(state_);
}

namespace {

// launch, with its time measured.
void launch_profiled(const Call& call) {
    const Work work = call.work(call.kernel, call.args);
    Clock::time_point start, end;
    std::string algorithms;
    {
        const Released guard;
        const Noting noting(algorithms);
        start = Clock::now();
        call.run(call.kernel, call.args);
        end = Clock::now();
        throw_if_stopped();
    }
    Profiler& p = the_profiler();
    const std::lock_guard lock(p.mutex);
    if (!p.on) return;
    const char* name = call.name;
    if (!algorithms.empty()) name = p.names.insert(name + (" (" + algorithms + ")")).first->c_str();
    p.events.push_back({name, microseconds(start - p.begin), microseconds(end - start), work,
                        static_cast<std::uint64_t>(pthread_self())});
}

}  // namespace

void launch(const Call& call) {
    if (profiling.load(std::memory_order_relaxed)) {
        launch_profiled(call);
    } else {
        const Released guard;
        call.run(call.kernel, call.args);
        throw_if_stopped();
    }
    if (recorder::on()) recorder::add(call);
}

bool interrupted() noexcept {
    if (stopped) return true;
    try {
        poll_interrupt();
    } catch (...) {
        stopped = true;
        what_stopped = std::current_exception();
    }
    return stopped;
}

void poll_interrupt() {
    throw_if_stopped();
    if (released == nullptr || in_region()) return;
    const CoarseNs now = coarse_now();
    if (now < poll_at) return;
    const bool first = poll_at == 0;
    poll_at = now + kTurnNs;
    if (first) return;
    the_interpreter.acquire(*released);
    struct Again {
        ~Again() { *released = the_interpreter.release(); }
    } again;
    the_interpreter.check_signals();
}

namespace profiler {

void note(const char* algorithm, const char* part) {
    if (noted == nullptr) return;
    if (!noted->empty()) noted->append(", ");
    if (part != nullptr) noted->append(part).append(" ");
    noted->append(algorithm);
}

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
