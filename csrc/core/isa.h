// The instruction set of the kernels: the best one that CPU and OS support, or a lower one that was
// forced.
#pragma once

#include <string>
#include <type_traits>

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
const char* features(Isa level);                      // its instruction sets, in words
const char* source();                                 // "cpu", "FASTNN_ISA" or "set_isa"
const char* cpu_features();  // those of the CPU that matter here, separated by spaces

// A family's functions for both element types.
template <template <class> class Typed>
struct ByType {
    Typed<float> f32;
    Typed<double> f64;
};

// f32 or f64, by T.
template <class T, class Both>
const auto& of(const Both& both) {
    static_assert(std::is_same_v<T, float> || std::is_same_v<T, double>);
    if constexpr (std::is_same_v<T, float>) {
        return both.f32;
    } else {
        return both.f64;
    }
}

// A family's table of functions at one level. Its kernel file ends with the definition for the
// level that it is compiled for: FASTNN_KERNELS(softmax::Kernels, kTable).
template <Isa level, class Table>
const Table& table_at();

#define FASTNN_KERNELS(Table, name)                        \
    namespace fastnn {                                     \
    template <>                                            \
    const Table& isa::table_at<Isa::FASTNN_ISA, Table>() { \
        return FASTNN_ISA::name;                           \
    }                                                      \
    }

// table<Kernels>(): the table at the level in use.
template <class Table>
const Table& table() {
#if defined(__x86_64__)
    const Isa now = level();
    if constexpr (built(Isa::v4)) {
        if (now == Isa::v4) return table_at<Isa::v4, Table>();
    }
    if constexpr (built(Isa::v3)) {
        if (now == Isa::v3) return table_at<Isa::v3, Table>();
    }
    return table_at<kBuilt[0], Table>();
#else
    return table_at<Isa::neon, Table>();
#endif
}

// table<Kernels, T>(): its part for T.
template <class Table, class T>
const auto& table() {
    return of<T>(table<Table>());
}

}  // namespace isa
}  // namespace fastnn
