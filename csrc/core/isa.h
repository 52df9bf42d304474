// Which instruction set the kernels use: the best one this CPU and this OS offer, or a lower one
// that was forced.
#pragma once

#include <string>

namespace fastnn {

// Lower levels first. A kernel file is compiled once for each level of its architecture.
enum class Isa { v2, v3, v4, neon };

namespace isa {

constexpr Isa kBuilt[] = {FASTNN_ISA_LEVELS};  // given by CMake, lowest first

// The level is in this build.
constexpr bool built(Isa level) {
    for (Isa other : kBuilt) {
        if (other == level) return true;
    }
    return false;
}

Isa level();                  // the level in use
Isa best();                   // the best one of this machine
void set_level(Isa level);    // throws ValueError where the machine lacks it
bool available(Isa level);    // the machine has it, and it was built
const char* name(Isa level);  // "v2", "v3", ...
Isa parse(const std::string& text, const char* who);  // throws ValueError
const char* features(Isa level);                      // what a level stands for, in words
const char* source();                                 // "cpu", "FASTNN_ISA" or "set_isa"
const char* cpu_features();  // those of the CPU that matter here, separated by spaces

// pick([]<Isa L>() -> const Kernels& { return kernels<L>(); }): the table of the level in use.
template <class F>
decltype(auto) pick(F f) {
#if defined(__x86_64__)
    const Isa now = level();
    if constexpr (built(Isa::v4)) {
        if (now == Isa::v4) return f.template operator()<Isa::v4>();
    }
    if constexpr (built(Isa::v3)) {
        if (now == Isa::v3) return f.template operator()<Isa::v3>();
    }
    return f.template operator()<kBuilt[0]>();
#else
    return f.template operator()<Isa::neon>();
#endif
}

}  // namespace isa
}  // namespace fastnn
