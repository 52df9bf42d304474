// How bindings run kernels.
//
// Every kernel call is launched here, complete in its Args and the objects that own the memory they
// point at. launch releases the GIL, measures for the profiler, and records the call
// (core/recorder.h) so that it can be replayed without Python.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

#include "core/held_level.h"

namespace fastnn {

struct Work {
    double flops;
    double bytes;  // read and written at least
};

// run computes; work returns the amount of work, for the profiler.
template <class Args>
struct Kernel {
    const char* name;
    void (*run)(const Args&);
    Work (*work)(const Args&);
};

// The objects that own the memory a call's Args point at, in a form that only the interpreter knows
// (see Interpreter::retain). They outlive the call in any case, and are used only if the call is
// recorded.
struct Owners {
    const void* list = nullptr;
    std::size_t count = 0;
};

// A call with its types erased, for the profiler and the recorder.
struct Call {
    const char* name;
    const void* kernel;
    const void* args;
    std::size_t args_size;
    void (*run)(const void* kernel, const void* args);
    Work (*work)(const void* kernel, const void* args);
    Owners owners;
};

void launch(const Call& call);

// Args hold values and pointers. What they point at belongs to one of the owners, or lives as long
// as the process: never to a scope of the caller.
template <class Args>
Call call_of(const Kernel<Args>& kernel, const Args& args, const Owners& owners) {
    static_assert(std::is_trivially_copyable_v<Args>, "a recorded call copies Args");
    static_assert(alignof(Args) <= alignof(std::max_align_t), "and keeps them in plain memory");
    return {kernel.name,
            &kernel,
            &args,
            sizeof args,
            [](const void* k, const void* a) {
                static_cast<const Kernel<Args>*>(k)->run(*static_cast<const Args*>(a));
            },
            [](const void* k, const void* a) {
                return static_cast<const Kernel<Args>*>(k)->work(*static_cast<const Args*>(a));
            },
            owners};
}

template <class Args>
void launch(const Kernel<Args>& kernel, const Args& args, const Owners& owners = {}) {
    launch(call_of(kernel, args, owners));
}

// What launch needs of the interpreter, given by the bindings at import so that the core knows no
// Python. All but release are called with the GIL held.
struct Interpreter {
    void* (*release)();            // lets other Python threads run
    void (*acquire)(void* state);  // the reverse
    void (*check_signals)();       // called between the two; throws when the user pressed Ctrl-C
    void* (*retain)(const Owners& owners);  // keeps all of them alive until drop
    void (*drop)(void* retained) noexcept;
};
void set_interpreter(const Interpreter& interpreter);
const Interpreter& interpreter();

// Lets other Python threads run for the length of a scope, in which poll_interrupt works. Scopes
// nest: a signal handler that poll_interrupt runs may launch kernels of its own.
class Released {
 public:
    Released();
    ~Released();
    Released(const Released&) = delete;
    Released& operator=(const Released&) = delete;

 private:
    void* state_;
    void** outer_;
    std::int64_t outer_poll_at_;
    isa::Held level_;
};

namespace profiler {

struct Event {
    const char* name;
    double start_us, duration_us;
    Work work;
    std::uint64_t thread;
};

void start();
std::vector<Event> stop();

}  // namespace profiler
}  // namespace fastnn
