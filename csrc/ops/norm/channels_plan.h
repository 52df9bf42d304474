// How the elements of a channel norm are cut into spans, by the sizes alone.
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/integer.h"
#include "ops/norm/channels.h"

namespace fastnn::norm {

// Channels whose elements lie apart (channels-last, or C order with few elements to a channel) are
// taken as columns of a matrix: C S of them, each with its own coefficients, and `fold` rows of
// those behind each other where they are few, so that vectors are full. Otherwise each channel is a
// run, or several pieces of one.
struct Plan {
    static constexpr std::int64_t kChunk = 32768;    // elements: 128 KiB of float32
    static constexpr std::int64_t kShortRun = 32;    // runs below this are columns
    static constexpr std::int64_t kFewColumns = 64;  // four of the widest vectors
    static constexpr std::int64_t kManyColumns = 2048;
    // Each block of rows leaves three numbers per column to be put together: a tenth of the rows
    // at least, and errors of sums within it grow with their number at most.
    static constexpr std::int64_t kFewRows = 32, kManyRows = 256;

    Channels shape;
    bool runs;
    std::int64_t inner;                              // columns behind each other of one channel
    std::int64_t fold;                               // rows of C S elements in one row
    std::int64_t width;                              // columns with coefficients of their own
    std::int64_t rows, tail;                         // columns: of one set
    std::int64_t block_rows, blocks, range, ranges;  // columns: of one chunk, and how many
    std::int64_t piece, pieces, at_once;             // runs: of one channel, in one chunk
    std::int64_t chunks;                             // of one set
    std::int64_t parts;                              // sums that are made of each column

    explicit Plan(const Channels& s) : shape(s) {
        const std::int64_t set = s.set();
        runs = s.inner >= kShortRun;
        if (runs) {
            inner = fold = 1;
            width = s.channels;
            rows = tail = block_rows = blocks = range = ranges = 0;
            pieces = ceil_div(s.inner, 2 * kChunk);
            piece = round_up(ceil_div(s.inner, pieces), 16);
            pieces = ceil_div(s.inner, piece);
            at_once = std::max<std::int64_t>(1, kChunk / std::min(piece, s.inner));
            chunks = ceil_div(s.outer * s.channels * pieces, at_once);
            parts = s.outer * pieces;
            return;
        }
        const std::int64_t row = s.channels * s.inner;
        inner = s.inner;
        fold = std::min(ceil_div(kFewColumns, row), s.outer);
        width = fold * row;
        rows = set / width, tail = set % width;
        range = std::min(width, kManyColumns);
        ranges = ceil_div(width, range);
        block_rows = std::clamp(kChunk / range, kFewRows, kManyRows);
        blocks = ceil_div(rows, block_rows);
        block_rows = ceil_div(rows, blocks);
        blocks = ceil_div(rows, block_rows);
        piece = pieces = at_once = 0;
        chunks = blocks * ranges;
        parts = blocks;
    }

    // Elements of a column in each part but the last, and in the last; of how many parts that is
    // the last. Columns before `tail` have one more there.
    std::int64_t period() const { return runs ? pieces : parts; }
    double full() const { return static_cast<double>(runs ? piece : block_rows); }
    double last() const {
        return static_cast<double>(runs ? shape.inner - (pieces - 1) * piece
                                        : rows - (blocks - 1) * block_rows);
    }
    double elements(std::int64_t column) const {
        return static_cast<double>(runs ? shape.outer * shape.inner
                                        : rows + static_cast<std::int64_t>(column < tail));
    }

    // f(span) for the spans of a chunk of all sets; f(set, span).
    template <class F>
    void spans(long chunk, F f) const {
        const std::int64_t b = chunk / chunks, c = chunk % chunks, set = b * shape.set();
        if (!runs) {
            const std::int64_t row = c / ranges * block_rows, column = c % ranges * range;
            const std::int64_t columns = std::min(range, width - column);
            const bool end = row + block_rows >= rows;
            f(b, Span{.at = set + row * width + column,
                      .rows = std::min(block_rows, rows - row),
                      .stride = width,
                      .width = columns,
                      .tail = end ? std::clamp<std::int64_t>(tail - column, 0, columns) : 0,
                      .column = column,
                      .part = c / ranges});
            return;
        }
        const std::int64_t all = shape.outer * shape.channels * pieces;
        for (std::int64_t u = c * at_once; u < std::min(all, (c + 1) * at_once); ++u) {
            const std::int64_t p = u % pieces, run = u / pieces;
            const std::int64_t n = std::min(piece, shape.inner - p * piece);
            f(b, Span{.at = set + run * shape.inner + p * piece,
                      .rows = 1,
                      .stride = n,
                      .width = n,
                      .tail = 0,
                      .column = run % shape.channels,
                      .part = run / shape.channels * pieces + p});
        }
    }

    // f(column) for every column of a channel.
    template <class F>
    void columns_of(std::int64_t channel, F f) const {
        for (std::int64_t i = 0; i < fold; ++i) {
            const std::int64_t first = (i * shape.channels + channel) * inner;
            for (std::int64_t j = 0; j < inner; ++j) f(first + j);
        }
    }
};

}  // namespace fastnn::norm
