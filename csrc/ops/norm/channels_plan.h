// How the elements of a channel norm are cut into spans, by the sizes alone.
#pragma once

#include <algorithm>

#include "core/integer.h"
#include "ops/norm/channels.h"

namespace fastnn::norm {

// Channels whose elements lie apart (channels-last, or C order with few elements to a channel) are
// taken as columns of a matrix: C S of them, each with its own coefficients, and `fold` rows of
// those behind each other where they are few, so that vectors are full. Otherwise each channel is a
// run, or several pieces of one.
struct Plan {
    static constexpr dim_t kChunk = 32768;    // elements: 128 KiB of float32
    static constexpr dim_t kShortRun = 32;    // runs below this are columns
    static constexpr dim_t kFewColumns = 64;  // four of the widest vectors
    static constexpr dim_t kManyColumns = 2048;
    // Each block of rows leaves three numbers per column to be put together: a tenth of the rows
    // at least, and errors of sums within it grow with their number at most.
    static constexpr dim_t kFewRows = 32, kManyRows = 256;

    Channels shape;
    bool runs;
    dim_t inner;                              // columns behind each other of one channel
    dim_t fold;                               // rows of C S elements in one row
    dim_t width;                              // columns with coefficients of their own
    dim_t rows, tail;                         // columns: of one set
    dim_t block_rows, blocks, range, ranges;  // columns: of one chunk, and how many
    dim_t piece, pieces, at_once;             // runs: of one channel, in one chunk
    dim_t chunks;                             // of one set
    dim_t parts;                              // sums that are made of each column

    explicit Plan(const Channels& s) : shape(s) {
        const dim_t set = s.set();
        runs = s.inner >= kShortRun;
        if (runs) {
            inner = fold = 1;
            width = s.channels;
            rows = tail = block_rows = blocks = range = ranges = 0;
            pieces = ceil_div(s.inner, 2 * kChunk);
            piece = round_up(ceil_div(s.inner, pieces), 16);
            pieces = ceil_div(s.inner, piece);
            at_once = std::max<dim_t>(1, kChunk / std::min(piece, s.inner));
            chunks = ceil_div(s.outer * s.channels * pieces, at_once);
            parts = s.outer * pieces;
            return;
        }
        const dim_t row = s.channels * s.inner;
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
    dim_t period() const { return runs ? pieces : parts; }
    double full() const { return static_cast<double>(runs ? piece : block_rows); }
    double last() const {
        return static_cast<double>(runs ? shape.inner - (pieces - 1) * piece
                                        : rows - (blocks - 1) * block_rows);
    }
    double elements(dim_t column) const {
        return static_cast<double>(runs ? shape.outer * shape.inner
                                        : rows + static_cast<dim_t>(column < tail));
    }

    // f(span) for the spans of a chunk of all sets; f(set, span).
    template <class F>
    void spans(dim_t chunk, F f) const {
        const dim_t b = chunk / chunks, c = chunk % chunks, set = b * shape.set();
        if (!runs) {
            const dim_t row = c / ranges * block_rows, column = c % ranges * range;
            const dim_t columns = std::min(range, width - column);
            const bool end = row + block_rows >= rows;
            f(b, Span{.at = set + row * width + column,
                      .rows = std::min(block_rows, rows - row),
                      .stride = width,
                      .width = columns,
                      .tail = end ? std::clamp<dim_t>(tail - column, 0, columns) : 0,
                      .column = column,
                      .part = c / ranges});
            return;
        }
        const dim_t all = shape.outer * shape.channels * pieces;
        for (dim_t u = c * at_once; u < std::min(all, (c + 1) * at_once); ++u) {
            const dim_t p = u % pieces, run = u / pieces;
            const dim_t n = std::min(piece, shape.inner - p * piece);
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
    void columns_of(dim_t channel, F f) const {
        for (dim_t i = 0; i < fold; ++i) {
            const dim_t first = (i * shape.channels + channel) * inner;
            for (dim_t j = 0; j < inner; ++j) f(first + j);
        }
    }
};

}  // namespace fastnn::norm
