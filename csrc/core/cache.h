// How numbers should lie, and where outputs should go, for the caches of the machine.
#pragma once

#include <cstdint>

#include "core/integer.h"
#include "core/machine.h"

namespace fastnn {

constexpr dim_t kLineBytes = 64;  // what blocks of the pool and rows of copies are padded to

// `count` numbers of `size` bytes in whole cache lines, counted in numbers.
constexpr dim_t whole_lines(dim_t count, dim_t size) {
    return round_up(count, kLineBytes / size);
}

// In an odd number of lines: rows of this length spread over all sets of L1, where rows a power of
// two apart would meet in a few.
constexpr dim_t odd_lines(dim_t count, dim_t size) {
    return (ceil_div(count, kLineBytes / size) | 1) * (kLineBytes / size);
}

// Of `rows` rows this far apart, which a loop takes side by side, L1 cannot hold a line each: a
// stride that is a multiple of a large power of two reaches only few sets. Where the copy that this
// asks for changes the order of sums, give kNominalL1.
inline bool rows_collide(dim_t stride_bytes, dim_t rows, const Cache& l1 = machine().l1) {
    const dim_t power = stride_bytes & -stride_bytes;  // the largest that divides the stride
    return rows > l1.ways && (stride_bytes == 0 || rows * power > l1.bytes);
}

// How much of the last-level cache an output may fill before it is written past it, since it would
// not stay there. By what the call reads beside it, and wants to keep:
constexpr double kReadsLittle = 1;       // less than it writes, as when an image is enlarged
constexpr double kReadsOnce = 1.0 / 4;   // as much as it writes, once
constexpr double kReadsAgain = 1.0 / 2;  // inputs twice: the end of the first pass is still there

inline bool past_caches(double bytes, double share) {
    return bytes >= share * static_cast<double>(machine().last.bytes);
}

// The same for rows that registers of any width can be stored to: all of them start on a line.
inline bool past_caches(const void* out, double bytes, dim_t row_bytes, double share) {
    return past_caches(bytes, share) && row_bytes % kLineBytes == 0 &&
           reinterpret_cast<std::uintptr_t>(out) % kLineBytes == 0;
}

}  // namespace fastnn
