// How arrays are padded, and which outputs bypass the caches, by the caches of the machine.
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
// two apart map to a few.
constexpr dim_t odd_lines(dim_t count, dim_t size) {
    return (ceil_div(count, kLineBytes / size) | 1) * (kLineBytes / size);
}

// Whether L1 cannot hold a line of each of `rows` rows with this stride: a multiple of a large
// power of two reaches few sets. Where a copy that avoids this changes the order of sums, give
// kNominalL1.
inline bool rows_collide(dim_t stride_bytes, dim_t rows, const Cache& l1 = machine().l1) {
    const dim_t power = stride_bytes & -stride_bytes;  // the largest that divides the stride
    return rows > l1.ways && (stride_bytes == 0 || rows * power > l1.bytes);
}

// The share of the last-level cache from which on an output bypasses it, since it would not stay
// there. By what the call reads:
constexpr double kReadsLittle = 1;       // less than it writes, as when an image is enlarged
constexpr double kReadsOnce = 3.0 / 8;   // as much as it writes, once
constexpr double kReadsAgain = 1.0 / 2;  // inputs twice: the end of the first pass is cached

inline bool past_caches(double bytes, double share) {
    return bytes >= share * static_cast<double>(machine().last.bytes);
}

// The same, if non-temporal stores of any width can write the rows: each starts on a cache line.
inline bool past_caches(const void* out, double bytes, dim_t row_bytes, double share) {
    return past_caches(bytes, share) && row_bytes % kLineBytes == 0 &&
           reinterpret_cast<std::uintptr_t>(out) % kLineBytes == 0;
}

}  // namespace fastnn
