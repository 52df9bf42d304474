// Selection by sampling (Floyd and Rivest, Expected time bounds for selection, 1975): two elements
// of a sample that most likely enclose the wanted one, and one pass that selects those between.
#pragma once

#include "order.h"
#include "poll.h"

namespace fastnn::FASTNN_ISA {

constexpr dim_t kSmallRank = 48;  // so few elements are sorted to select one
constexpr int kMostRanked = 64;
constexpr dim_t kSample =
    63;  // largest sample; sorting it costs little compared to a pass over 4096
constexpr dim_t kRankPiece = 1 << 22;  // elements between two looks for Ctrl-C in a giant row
constexpr int kRankPasses = 12;        // then ranges are halved instead, which always ends

template <int width, bool ties, class Int>
FASTNN_INLINE void rank_in(Int* a, dim_t n) {
    Int rank[width] = {}, x[width] = {};
    for (dim_t i = 0; i < n; ++i) x[i] = a[i];
    for (dim_t j = 0; j < n; ++j) {
        const Int v = x[j];
        for (int i = 0; i < width; ++i) {
            rank[i] += Int(v < x[i]);
            if (ties) rank[i] += Int(v == x[i]) & Int(Int(j) < Int(i));
        }
    }
    for (dim_t i = 0; i < n; ++i) a[rank[i]] = x[i];
}

// Sorts at most kMostRanked elements by rank, the number of those before: more comparisons than
// other algorithms, but vectorized, and without mispredicted branches. Without `ties` all differ.
template <bool ties = true, class Int>
static void rank_sort(Int* a, dim_t n) {
    if (n <= 16) return rank_in<16, ties>(a, n);
    if (n <= 32) return rank_in<32, ties>(a, n);
    rank_in<kMostRanked, ties>(a, n);
}

// Copies the elements in [low, high] and counts those below; `out` has room for n.
template <class Int>
static dim_t filter(const Int* a, dim_t n, Int low, Int high, Int* out, dim_t& below) {
    dim_t found = 0, less = 0;
    for (dim_t begin = 0; begin < n; begin += kRankPiece) {
        if (begin > 0 && interrupted()) return below = 0;  // and select_rank ends
        const dim_t end = n - begin < kRankPiece ? n : begin + kRankPiece;
        for (dim_t i = begin; i < end; ++i) {
            const Int v = a[i];
            out[found] = v;  // overwritten by the next one if it is outside
            found += dim_t(v >= low) & dim_t(v <= high);
            less += dim_t(v < low);
        }
    }
    below = less;
    return found;
}

// Bounds of the element of rank k among n: elements of a sample, or unchanged.
template <class Int>
static void enclose(const Int* a, dim_t n, dim_t k, Int& low, Int& high) {
    dim_t size = 15;
    while (size < kSample && size * size * 4 < n) size = 2 * size + 1;
    Int sample[kSample];
    for (dim_t i = 0; i < size; ++i) sample[i] = a[i * (n - 1) / (size - 1)];
    rank_sort(sample, size);
    // The rank within the sample varies by sqrt(size) / 2; half as much again to either side.
    dim_t margin = 2;
    while (16 * margin * margin < 9 * size) ++margin;
    const dim_t at = k * size / n;
    if (at - margin >= 0) low = sample[at - margin];
    if (at + margin < size) high = sample[at + margin];
}

// The element of rank k, counted from 0; both arrays hold n elements and are overwritten.
template <class Int>
static Int select_rank(Int* a, Int* other, dim_t n, dim_t k) {
    constexpr Int most = kMost<Int>, least = -most - 1;
    for (int pass = 0; n > kSmallRank; ++pass) {
        Int low = least, high = most;
        if (pass < kRankPasses) {
            enclose(a, n, k, low, high);
        } else {
            low = high = a[0];
            for (dim_t i = 1; i < n; ++i) {
                low = a[i] < low ? a[i] : low;
                high = a[i] > high ? a[i] : high;
            }
            if (low == high) return low;
            // Their mean, rounded down; the sum itself may overflow.
            high = (low & high) + ((low ^ high) >> 1);
        }
        dim_t below;
        dim_t found = filter(a, n, low, high, other, below);
        if (k < below) {
            found = filter(a, n, least, Int(low - 1), other, below);
        } else if (k >= below + found) {
            k -= below + found;
            found = filter(a, n, Int(high + 1), most, other, below);
        } else {
            if (low == high) return low;
            k -= below;
        }
        Int* const from = a;
        a = other;
        other = from;
        n = found;
    }
    rank_sort(a, n);
    return a[k < n ? k : 0];
}

}  // namespace fastnn::FASTNN_ISA
