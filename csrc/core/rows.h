// Rows of images in channels-last order, cut into chunks by their size alone.
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/parallel.h"
#include "core/round.h"

namespace fastnn {

constexpr double kRowsNs = 40000, kLeastRowsNs = 4000;  // of one thread
constexpr std::int64_t kFewRows = 32;                   // of fewer, channels are cut too
constexpr std::int64_t kLine = 16;                      // channels that stay together

// Calls f(begin, end, c_begin, c_end) for all rows and channels; a row costs row_ns.
template <class F>
void over_chunks(std::int64_t rows, std::int64_t c, double row_ns, F f) {
    if (rows == 0 || c == 0) return;
    const double total = row_ns * static_cast<double>(rows),
                 chunk = std::clamp(total / 16, kLeastRowsNs, kRowsNs);
    const auto step = std::max<std::int64_t>(1, static_cast<std::int64_t>(chunk / row_ns));
    const std::int64_t row_chunks = ceil_div(rows, step);
    std::int64_t parts = 1;
    if (row_chunks < kFewRows) {
        parts = std::min({static_cast<std::int64_t>(total / kLeastRowsNs) / row_chunks,
                          kFewRows / row_chunks, c / kLine});
        parts = std::max<std::int64_t>(1, parts);
    }
    const std::int64_t block = round_up(ceil_div(c, parts), kLine), blocks = ceil_div(c, block);
    parallel_for(row_chunks * blocks, total / static_cast<double>(row_chunks * blocks),
                 [=](long i) {
                     const std::int64_t row = i / blocks * step, channel = i % blocks * block;
                     f(row, std::min(row + step, rows), channel, std::min(channel + block, c));
                 });
}

}  // namespace fastnn
