// What the drivers of Winograd convolutions share: sizes, and the products of points.
#pragma once

#include <algorithm>

#include "core/cache.h"
#include "ops/conv/conv.h"
#include "ops/conv/implicit_gemm/implicit_gemm.h"
#include "ops/conv/implicit_gemm/products.h"
#include "ops/conv/winograd/kernels.h"
#include "ops/gemm/blocks.h"

namespace fastnn::conv {

constexpr long kTaps = 9;
constexpr long kLine = 16;  // floats of a cache line, and of the longest vector

inline std::size_t elements(long n) {
    return static_cast<std::size_t>(n);
}

// How a convolution from `from` to `to` (the roles of x and y settled) is cut into tiles.
struct WinogradSizes {
    long m, points;  // F(m x m, 3 x 3), (m + 2)^2
    long in, out;    // channels
    long tiles;
    TiledImages from, to;
    bool transposed;
    long w_stride;

    WinogradSizes(const Shape& s, bool is_transposed, long tile) : m(tile) {
        points = (m + 2) * (m + 2);
        transposed = is_transposed;
        const long* const a = transposed ? s.out : s.in;
        const long* const b = transposed ? s.in : s.out;
        in = transposed ? s.o : s.c;
        out = transposed ? s.c : s.o;
        w_stride = kTaps * s.c;
        const long down = ceil_div(b[1], m), across = ceil_div(b[2], m);
        from = {a[1], a[2], in, pad(s.pad[1]), pad(s.pad[2]), down, across};
        to = {b[1], b[2], out, 0, 0, down, across};
        tiles = s.n * s.in[0] * down * across;
    }
    int index() const { return m == 4 ? 1 : 0; }

 private:
    // The way back meets the taps in the opposite order.
    long pad(long p) const { return transposed ? 2 - p : p; }
};

// A sum over k in equal parts, each of which passes through L1 at once.
struct Depths : gemm::KBlocks {
    long k;
    Depths(long depth, long kc) : KBlocks(gemm::k_blocks(depth, kc)), k(depth) {}
    long at(long i) const { return i * size; }
    long of(long i) const { return std::min(size, k - at(i)); }
};

// Rows of transformed tiles. Those of several depths end an odd number of lines further, so that
// the rows of a tile of registers spread over all sets of L1.
inline long padded_row(long channels, const Depths& depths) {
    return depths.count > 1 ? odd_lines(channels, sizeof(float))
                            : whole_lines(channels, sizeof(float));
}

// The distance between points: an odd number of lines, for all of a tile are written side by side
// and should not meet in the same sets of L1.
inline long padded_plane(long size) {
    return odd_lines(size, sizeof(float));
}

}  // namespace fastnn::conv
