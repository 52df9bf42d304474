// The partition of work on channels-last images, rows by channels. It depends on the size alone, so
// the chunks are the same for any number of threads.
#pragma once

#include <algorithm>

#include "core/columns.h"
#include "core/integer.h"
#include "core/parallel.h"

namespace fastnn {

constexpr double kLeastChunkNs = 4000, kMostChunkNs = 40000;
constexpr dim_t kRowChunks = 32;  // with fewer chunks of rows, channels are partitioned too
constexpr dim_t kLine = 16;       // floats of a cache line: channels are partitioned in multiples

// A row costs row_ns.
struct ChannelsLastPartition {
    dim_t rows, c, step, block, blocks, chunks;
    double chunk_ns;

    ChannelsLastPartition(dim_t all_rows, dim_t channels, double row_ns)
        : rows(all_rows), c(channels) {
        const double total = row_ns * static_cast<double>(rows),
                     chunk = std::clamp(total / 16, kLeastChunkNs, kMostChunkNs);
        step = std::max<dim_t>(1, static_cast<dim_t>(chunk / row_ns));
        const dim_t row_chunks = ceil_div(rows, step);
        dim_t parts = 1;
        if (row_chunks < kRowChunks) {
            parts = std::min({static_cast<dim_t>(total / kLeastChunkNs) / row_chunks,
                              kRowChunks / row_chunks, c / kLine});
            parts = std::max<dim_t>(1, parts);
        }
        block = round_up(ceil_div(c, parts), kLine);
        blocks = ceil_div(c, block);
        chunks = row_chunks * blocks;
        chunk_ns = total / static_cast<double>(chunks);
    }
    // f(begin, end, c_begin, c_end) of one chunk.
    template <class F>
    void chunk(dim_t i, F f) const {
        const dim_t row = i / blocks * step, channel = i % blocks * block;
        f(row, std::min(row + step, rows), channel, std::min(channel + block, c));
    }
};

// Calls f(begin, end, c_begin, c_end) for all rows and channels; a row costs row_ns.
template <class F>
void over_chunks(dim_t rows, dim_t c, double row_ns, F f) {
    if (rows == 0 || c == 0) return;
    const ChannelsLastPartition partition(rows, c, row_ns);
    parallel_for(partition.chunks, partition.chunk_ns, [=](dim_t i) { partition.chunk(i, f); });
}

// The same with scratch of `count` elements for each thread: f(begin, end, c_begin, c_end,
// scratch).
template <class T, class F>
void over_chunks_with_scratch(dim_t rows, dim_t c, double row_ns, dim_t count, F f) {
    if (rows == 0 || c == 0) return;
    const ChannelsLastPartition partition(rows, c, row_ns);
    parallel_with_scratch<T>(partition.chunks, partition.chunk_ns, count, [=](dim_t i, T* scratch) {
        partition.chunk(i, [&](dim_t begin, dim_t end, dim_t c_begin, dim_t c_end) {
            f(begin, end, c_begin, c_end, scratch);
        });
    });
}

}  // namespace fastnn
