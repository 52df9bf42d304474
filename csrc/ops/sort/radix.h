// Radix sort, digit by digit from the lowest, of pairs packed into 64 bits: a key of 32 bits above
// a position of 32. Positions differ, so the order is the same whatever the algorithm: stable.
#pragma once

#include <cstdint>

#include "core/integer.h"

namespace fastnn::sorting {

using Pair = std::uint64_t;
using Count = std::uint32_t;  // of the elements of a line, which are fewer than 2**32

constexpr int kPositionBits = 32;
constexpr dim_t kMostLine = (dim_t{1} << kPositionBits) - 1;

// The keys of a line are counted from its smallest one, in as many bits as the largest needs. Of
// more than 32 bits, the lowest `shift` are left out, and pairs that are equal without them are
// sorted once more by these.
struct Packing {
    std::int64_t low;
    int bits, shift;
};

constexpr Packing packing_of(std::int64_t low, std::int64_t high) {
    const auto range = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low);
    const int bits = range == 0 ? 0 : 64 - __builtin_clzll(range);
    return bits > 32 ? Packing{low, 32, bits - 32} : Packing{low, bits, 0};
}

// The digits of a key: `count` of `bits` each.
struct Digits {
    int count, bits;
    constexpr int shift(int pass) const { return kPositionBits + pass * bits; }
    constexpr Pair mask() const { return (Pair{1} << bits) - 1; }
};

// Counts of 8 bits stay in L1 beside a line; those of 11 save a pass over a line beyond the caches.
constexpr int kLineBits = 8, kLongBits = 11;

constexpr Digits digits_of(int bits, int most) {
    if (bits == 0) return {0, 1};
    const int count = (bits + most - 1) / most;
    return {count, (bits + count - 1) / count};
}

[[gnu::always_inline]] inline void count_digits(const Pair* pairs, dim_t n, int shift, Pair mask,
                                                Count* counts) {
    for (dim_t i = 0; i < n; ++i) ++counts[(pairs[i] >> shift) & mask];
}

// Moves pairs to the places of their digits.
[[gnu::always_inline]] inline void move_digits(const Pair* pairs, dim_t n, int shift, Pair mask,
                                               Count* places, Pair* out) {
    for (dim_t i = 0; i < n; ++i) {
        const Pair pair = pairs[i];
        out[places[(pair >> shift) & mask]++] = pair;
    }
}

}  // namespace fastnn::sorting
