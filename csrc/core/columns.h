// Columns copied together, for work along columns whose rows are a power of two apart in memory:
// such rows map to the same few sets of a cache and evict each other before they are used again.
#pragma once

#include <algorithm>
#include <cstring>

#include "core/cache.h"
#include "core/integer.h"
#include "core/memory.h"
#include "core/parallel.h"

namespace fastnn {

// Worth a copy: rows of which L1 cannot hold twice as many as a pass reads, for it reads and
// writes. Of more than 8192 rows not even one line each stays in L2 beside the copy.
inline bool columns_collide(dim_t rows, dim_t stride_bytes, const Cache& l1 = machine().l1) {
    return rows > 32 && rows <= 8192 && rows_collide(stride_bytes, 128, l1);
}

// How many columns to copy at one time: 128 KiB of them, in whole lines of 64 bytes, four at least
// where they come to less than 512 KiB.
inline dim_t columns_of_tile(dim_t rows, dim_t inner, std::size_t size) {
    const auto line = static_cast<dim_t>(64 / size), bytes = rows * 64;
    const dim_t least = bytes * 4 <= (1 << 19) ? 4 : 1;
    return std::min(inner, line * std::max<dim_t>(least, (1 << 17) / bytes));
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

// parallel_for with `count` numbers of scratch for each thread: calls f(chunk, scratch).
template <class T, class F>
void parallel_with_scratch(dim_t chunks, double chunk_ns, dim_t count, F f) {
    const int threads = threads_worth(chunks, chunk_ns * static_cast<double>(chunks));
    count = round_up(count + 16, 16);  // a cache line apart
    Scratch<T> scratch(static_cast<std::size_t>(count * threads));
    T* data = scratch.data();
    parallel_team(threads, [&](Team& team) {
        T* mine = data + count * team.thread();
        team.for_each_nowait(chunks, [&](dim_t c) { f(c, mine); });
    });
}

}  // namespace fastnn
