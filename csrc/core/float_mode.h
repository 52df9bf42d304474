// The floating-point mode of a thread: rounding, and whether subnormal numbers count as zero. A
// region computes in its caller's mode on every thread, or results would depend on who computes
// what.
#pragma once

#include <cstdint>

namespace fastnn {

class FloatMode {
 public:
    // The calling thread's.
    static FloatMode current() {
#if defined(__x86_64__)
        return FloatMode(__builtin_ia32_stmxcsr() & ~kFlags);
#elif defined(__aarch64__)
        std::uint64_t mode;
        asm volatile("mrs %0, fpcr" : "=r"(mode));
        return FloatMode(mode);
#else
        return FloatMode(0);
#endif
    }
    // Makes it the calling thread's.
    void set() const {
#if defined(__x86_64__)
        __builtin_ia32_ldmxcsr(static_cast<unsigned>(bits_) | (__builtin_ia32_stmxcsr() & kFlags));
#elif defined(__aarch64__)
        asm volatile("msr fpcr, %0" : : "r"(bits_));
#endif
    }
    bool operator==(const FloatMode&) const = default;

 private:
    static constexpr unsigned kFlags = 0x3f;  // what has happened, which is no mode

    explicit FloatMode(std::uint64_t bits) : bits_(bits) {}

    std::uint64_t bits_;
};

}  // namespace fastnn
