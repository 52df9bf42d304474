// Rows of images in channels-last order, cut into chunks by their size alone.
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/columns.h"
#include "core/integer.h"
#include "core/parallel.h"

namespace fastnn {

constexpr double kRowsNs = 40000, kLeastRowsNs = 4000;  // of one thread
constexpr std::int64_t kFewRows = 32;                   // of fewer, channels are cut too
constexpr std::int64_t kLine = 16;                      // channels that stay together

// Where rows and channels are cut; a row costs row_ns.
struct RowCut {
    std::int64_t rows, c, step, block, blocks, chunks;
    double chunk_ns;

    RowCut(std::int64_t all_rows, std::int64_t channels, double row_ns)
        : rows(all_rows), c(channels) {
        const double total = row_ns * static_cast<double>(rows),
                     chunk = std::clamp(total / 16, kLeastRowsNs, kRowsNs);
        step = std::max<std::int64_t>(1, static_cast<std::int64_t>(chunk / row_ns));
        const std::int64_t row_chunks = ceil_div(rows, step);
        std::int64_t parts = 1;
        if (row_chunks < kFewRows) {
            parts = std::min({static_cast<std::int64_t>(total / kLeastRowsNs) / row_chunks,
                              kFewRows / row_chunks, c / kLine});
            parts = std::max<std::int64_t>(1, parts);
        }
        block = round_up(ceil_div(c, parts), kLine);
        blocks = ceil_div(c, block);
        chunks = row_chunks * blocks;
        chunk_ns = total / static_cast<double>(chunks);
    }
    // f(begin, end, c_begin, c_end) of one chunk.
    template <class F>
    void chunk(std::int64_t i, F f) const {
        const std::int64_t row = i / blocks * step, channel = i % blocks * block;
        f(row, std::min(row + step, rows), channel, std::min(channel + block, c));
    }
};

// Calls f(begin, end, c_begin, c_end) for all rows and channels; a row costs row_ns.
template <class F>
void over_chunks(std::int64_t rows, std::int64_t c, double row_ns, F f) {
    if (rows == 0 || c == 0) return;
    const RowCut cut(rows, c, row_ns);
    parallel_for(cut.chunks, cut.chunk_ns, [=](long i) { cut.chunk(i, f); });
}

// The same with `count` numbers of scratch for each thread: f(begin, end, c_begin, c_end, scratch).
template <class T, class F>
void over_chunks_with_scratch(std::int64_t rows, std::int64_t c, double row_ns, std::int64_t count,
                              F f) {
    if (rows == 0 || c == 0) return;
    const RowCut cut(rows, c, row_ns);
    parallel_with_scratch<T>(cut.chunks, cut.chunk_ns, count, [=](long i, T* scratch) {
        cut.chunk(i, [&](long begin, long end, long c_begin, long c_end) {
            f(begin, end, c_begin, c_end, scratch);
        });
    });
}

}  // namespace fastnn
