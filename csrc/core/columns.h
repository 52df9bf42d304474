// Tiles of columns, copied, for work along columns whose stride is a multiple of a large power of
// two: such rows map to the same few sets of a cache and evict each other before they are reused.
#pragma once

#include <algorithm>
#include <cstring>

#include "core/cache.h"
#include "core/integer.h"
#include "core/memory.h"
#include "core/parallel.h"

namespace fastnn {

// Whether a copy pays: L1 cannot hold a line of each of 128 rows, and half of L2 can hold a line of
// every row; the other half is for the copy. Where the copy changes the order of sums, pass
// kNominal, also to columns_of_tile.
inline bool columns_collide(dim_t rows, dim_t stride_bytes, const Machine& m = machine()) {
    return rows > 32 && rows * kLineBytes <= m.l2.bytes / 2 &&
           rows_collide(stride_bytes, 128, m.l1);
}

// How many columns to copy at a time: an eighth of L2, in whole lines, and at least four lines of
// each row where these fit in half of L2.
inline dim_t columns_of_tile(dim_t rows, dim_t inner, std::size_t size,
                             const Machine& m = machine()) {
    const auto line = kLineBytes / static_cast<dim_t>(size), bytes = rows * kLineBytes;
    const dim_t least = bytes * 4 <= m.l2.bytes / 2 ? 4 : 1;
    return std::min(inner, line * std::max<dim_t>(least, m.l2.bytes / 8 / bytes));
}

template <class T>
void gather_columns(const T* x, dim_t rows, dim_t stride, dim_t columns, T* tile) {
    for (dim_t r = 0; r < rows; ++r) {
        std::memcpy(tile + r * columns, x + r * stride,
                    static_cast<std::size_t>(columns) * sizeof(T));
    }
}

template <class T>
void scatter_columns(const T* tile, dim_t rows, dim_t stride, dim_t columns, T* y) {
    for (dim_t r = 0; r < rows; ++r) {
        std::memcpy(y + r * stride, tile + r * columns,
                    static_cast<std::size_t>(columns) * sizeof(T));
    }
}

// parallel_for with scratch of `count` elements for each thread: calls f(chunk, scratch).
template <class T, class F>
void parallel_with_scratch(dim_t chunks, double chunk_ns, dim_t count, F f) {
    const int threads = threads_worth(chunks, chunk_ns * static_cast<double>(chunks));
    count = round_up(count + 16, 16);  // with a cache line between threads
    Scratch<T> scratch(static_cast<std::size_t>(count * threads));
    T* data = scratch.data();
    parallel_team(threads, [&](Team& team) {
        T* mine = data + count * team.thread();
        team.for_each_nowait(chunks, [&](dim_t c) { f(c, mine); });
    });
}

}  // namespace fastnn
