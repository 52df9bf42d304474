// Which outputs are written past the caches.
#pragma once

#include <cstdint>

namespace fastnn {

constexpr double kStreamBytes = 16 << 20;  // half of an L3 of 32 MiB: they would not stay there

// Outputs of `least` bytes and more, where registers of any width start on 64 bytes as the rows do.
inline bool streams(const void* out, double bytes, std::int64_t row_bytes,
                    double least = kStreamBytes) {
    return bytes >= least && row_bytes % 64 == 0 && reinterpret_cast<std::uintptr_t>(out) % 64 == 0;
}

}  // namespace fastnn
