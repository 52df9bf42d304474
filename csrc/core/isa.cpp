#include "core/isa.h"

#include <atomic>
#include <cstdlib>
#include <string>

#include "core/check.h"
#include "core/held_level.h"

namespace fastnn::isa {
namespace {

#if defined(__x86_64__)
// __builtin_cpu_supports asks the OS (XGETBV) as well as the CPU, so a level whose registers the OS
// does not save is not chosen.
Isa detect() {
    if (built(Isa::v4) && __builtin_cpu_supports("x86-64-v4")) return Isa::v4;
    if (built(Isa::v3) && __builtin_cpu_supports("x86-64-v3")) return Isa::v3;
    if (__builtin_cpu_supports("x86-64-v2")) return Isa::v2;
    fail<std::runtime_error>("fastnn needs a CPU with SSE4.2 (x86-64-v2)");
}

std::string list_cpu_features() {
    std::string text;
    const auto add = [&](bool has, const char* name) {
        if (!has) return;
        if (!text.empty()) text += ' ';
        text += name;
    };
    add(__builtin_cpu_supports("sse4.2"), "sse4.2");
    add(__builtin_cpu_supports("avx"), "avx");
    add(__builtin_cpu_supports("avx2"), "avx2");
    add(__builtin_cpu_supports("fma"), "fma");
    add(__builtin_cpu_supports("avx512f"), "avx512f");
    add(__builtin_cpu_supports("avx512bw"), "avx512bw");
    add(__builtin_cpu_supports("avx512dq"), "avx512dq");
    add(__builtin_cpu_supports("avx512vl"), "avx512vl");
    add(__builtin_cpu_supports("avx512vnni"), "avx512vnni");
    add(__builtin_cpu_supports("avx512bf16"), "avx512bf16");
    return text;
}
#else
Isa detect() {
    return Isa::neon;
}
std::string list_cpu_features() {
    return "neon";
}
#endif

struct State {
    Isa best, initial;
    const char* initial_source = "cpu";
    std::atomic<Isa> level;
    State() : best(detect()), initial(best) {
        if (const char* forced = std::getenv("FASTNN_ISA"); forced != nullptr && *forced != '\0') {
            initial = parse(forced, "FASTNN_ISA");
            initial_source = "FASTNN_ISA";
            if (!available_on(initial)) {
                fail<ValueError>("FASTNN_ISA=", forced, ": this machine offers ", name(best),
                                 " at most");
            }
        }
        level = initial;
    }
    bool available_on(Isa wanted) const { return built(wanted) && wanted <= best; }
};

State& state() {
    static State state;
    return state;
}

Isa level_set() {
    return state().level.load(std::memory_order_relaxed);
}

// The level that this thread is kept on, or kNone. The model of its storage costs one instruction.
constexpr int kNone = -1;
thread_local int held __attribute__((tls_model("initial-exec"))) = kNone;

}  // namespace

Isa level() {
    return held == kNone ? level_set() : static_cast<Isa>(held);
}

Held::Held() : Held(level_set()) {}
Held::Held(Isa wanted) : outer_(held) {
    held = static_cast<int>(wanted);
}
Held::~Held() {
    held = outer_;
}

Isa best() {
    return state().best;
}
bool available(Isa wanted) {
    return state().available_on(wanted);
}
const char* source() {
    return level_set() == state().initial ? state().initial_source : "set_isa";
}

void set_level(Isa wanted) {
    if (!available(wanted)) {
        fail<ValueError>("set_isa: this machine offers ", name(best()), " at most, got ",
                         name(wanted));
    }
    state().level = wanted;
}

const char* name(Isa level) {
    switch (level) {
        case Isa::v2: return "v2";
        case Isa::v3: return "v3";
        case Isa::v4: return "v4";
        case Isa::neon: return "neon";
    }
    return "?";
}

const char* features(Isa level) {
    switch (level) {
        case Isa::v2: return "SSE4.2";
        case Isa::v3: return "AVX2, FMA";
        case Isa::v4: return "AVX-512 F, BW, DQ, VL";
        case Isa::neon: return "NEON";
    }
    return "?";
}

Isa parse(const std::string& text, const char* who) {
    for (Isa level : {Isa::v2, Isa::v3, Isa::v4, Isa::neon}) {
        if (text == name(level)) return level;
    }
    fail<ValueError>(who, ": the instruction set level must be one of v2, v3, v4, neon, got '",
                     text, "'");
}

const char* cpu_features() {
    static const std::string text = list_cpu_features();
    return text.c_str();
}

}  // namespace fastnn::isa
