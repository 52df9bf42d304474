// The one door between a binding and a kernel.
//
// Every kernel call passes here, complete in its Args: this is where the GIL is released, where the
// profiler measures, and where a step that is being captured will be recorded for replay without
// Python.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

namespace fastnn {

struct Work {
    double flops;
    double bytes;  // that must be moved at least, reads and writes
};

// run computes; work says how much there is to do, for the profiler.
template <class Args>
struct Kernel {
    const char* name;
    void (*run)(const Args&);
    Work (*work)(const Args&);
};

// A call with its types erased, as the profiler and (later) a captured step see it.
struct Call {
    const char* name;
    const void* kernel;
    const void* args;
    std::size_t args_size;
    void (*run)(const void* kernel, const void* args);
    Work (*work)(const void* kernel, const void* args);
};

void launch(const Call& call);

template <class Args>
void launch(const Kernel<Args>& kernel, const Args& args) {
    static_assert(std::is_trivially_copyable_v<Args>, "a captured step copies Args");
    launch(Call{kernel.name, &kernel, &args, sizeof args,
                [](const void* k, const void* a) {
                    static_cast<const Kernel<Args>*>(k)->run(*static_cast<const Args*>(a));
                },
                [](const void* k, const void* a) {
                    return static_cast<const Kernel<Args>*>(k)->work(*static_cast<const Args*>(a));
                }});
}

// What launch needs of the interpreter, given by the bindings at import so that the core knows no
// Python.
struct Interpreter {
    void* (*release)();            // lets other Python threads run
    void (*acquire)(void* state);  // the way back
    void (*check_signals)();       // called between the two; throws when the user pressed Ctrl-C
};
void set_interpreter(const Interpreter& interpreter);

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
