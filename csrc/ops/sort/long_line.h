// The sort of one long line by all threads: passes over chunks, between which counts of digits are
// added up. Chunks are cut by the length alone, and write to places of their own.
#pragma once

#include <algorithm>
#include <type_traits>
#include <utility>

#include "core/memory.h"
#include "core/parallel.h"
#include "ops/sort/cost.h"
#include "ops/sort/sort.h"

namespace fastnn::sorting {

// From here on a line has more than one chunk; a shorter one is sorted faster than threads meet
// five times.
constexpr dim_t kLongLine = 1 << 15;
constexpr dim_t kMostChunks = 64;  // so counts stay few beside the elements

struct Chunks {
    dim_t n, size, count;
    explicit Chunks(dim_t length)
        : n(length),
          size(std::max(kLongLine, ceil_div(length, kMostChunks))),
          count(ceil_div(length, size)) {}
    dim_t begin(dim_t c) const { return c * size; }
    dim_t end(dim_t c) const { return std::min(n, (c + 1) * size); }
    template <class F>
    void for_each(F f) const {
        parallel_for(count, cost::kPass * static_cast<double>(size),
                     [&](dim_t c) { f(c, begin(c), end(c)); });
    }
};

template <class T>
const TypedKernels<T>& kernels_of() {
    const Kernels& all = isa::table<Kernels>();
    if constexpr (std::is_same_v<T, float>) return all.f32;
    if constexpr (std::is_same_v<T, double>) return all.f64;
    if constexpr (std::is_same_v<T, std::int64_t>) return all.i64;
    if constexpr (std::is_same_v<T, std::int32_t>) return all.i32;
    if constexpr (std::is_same_v<T, std::uint8_t>) return all.u8;
}

// Calls f<T>() for the type of kernels; truth values are bytes.
template <class F>
void visit(Dtype dtype, F f) {
    switch (dtype) {
        case Dtype::f32: return f.template operator()<float>();
        case Dtype::f64: return f.template operator()<double>();
        case Dtype::i64: return f.template operator()<std::int64_t>();
        case Dtype::i32: return f.template operator()<std::int32_t>();
        default: return f.template operator()<std::uint8_t>();
    }
}

// One pass: moves pairs from `from` to `to` in the order of a digit.
inline void sort_digit(const Chunks& chunks, const Pair* from, Pair* to, int shift, Pair mask,
                       Count* counts) {
    const auto places = static_cast<dim_t>(mask) + 1;
    chunks.for_each([&](dim_t c, dim_t begin, dim_t end) {
        Count* const mine = counts + c * places;
        std::fill_n(mine, places, 0);
        count_digits(from + begin, end - begin, shift, mask, mine);
    });
    Count before = 0;
    for (dim_t digit = 0; digit < places; ++digit) {
        for (dim_t c = 0; c < chunks.count; ++c) {
            Count& here = counts[c * places + digit];
            const Count count = here;
            here = before;
            before += count;
        }
    }
    chunks.for_each([&](dim_t c, dim_t begin, dim_t end) {
        move_digits(from + begin, end - begin, shift, mask, counts + c * places, to);
    });
}

// Pairs of a line without gaps, in order; `pairs` and `work` hold n each. Returns the packing, and
// in `sorted` which of the two has the result.
template <class T>
Packing sort_pairs(const T* x, dim_t n, bool descending, Pair* pairs, Pair* work, Pair*& sorted) {
    const auto& kernels = kernels_of<T>();
    const Chunks chunks(n);
    std::int64_t lows[kMostChunks], highs[kMostChunks];
    chunks.for_each([&](dim_t c, dim_t begin, dim_t end) {
        kernels.range(x, begin, end, descending, lows + c, highs + c);
    });
    const Packing packing = packing_of(*std::min_element(lows, lows + chunks.count),
                                       *std::max_element(highs, highs + chunks.count));
    chunks.for_each([&](dim_t, dim_t begin, dim_t end) {
        kernels.pack(x, begin, end, descending, packing, pairs);
    });
    const Digits digits = digits_of(packing.bits, kLongBits);
    Scratch<Count> counts(static_cast<std::size_t>(chunks.count) << digits.bits);
    for (int d = 0; d < digits.count; ++d) {
        sort_digit(chunks, pairs, work, digits.shift(d), digits.mask(), counts);
        std::swap(pairs, work);
    }
    if (packing.shift > 0) {
        Scratch<Pair> runs(static_cast<std::size_t>(2 * n));
        chunks.for_each([&](dim_t, dim_t begin, dim_t end) {
            kernels.refine(x, n, begin, end, descending, packing, pairs, work, runs);
        });
        std::swap(pairs, work);
    }
    sorted = pairs;
    return packing;
}

}  // namespace fastnn::sorting
