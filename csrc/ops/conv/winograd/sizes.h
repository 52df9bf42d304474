// What the drivers of Winograd convolutions share: sizes, and the products of points.
#pragma once

#include <algorithm>

#include "core/cache.h"
#include "core/integer.h"
#include "ops/conv/sums.h"
#include "ops/conv/winograd/kernels.h"
#include "ops/gemm/blocks.h"
#include "ops/gemm/gemm.h"

namespace fastnn::conv {

constexpr dim_t kTaps = 9;
constexpr dim_t kLine = 16;  // floats of a cache line, and of the longest vector

inline std::size_t elements(dim_t n) {
    return static_cast<std::size_t>(n);
}

// How a convolution from `from` to `to` (the roles of x and y settled) is cut into tiles.
struct WinogradSizes {
    dim_t m, points;  // F(m x m, 3 x 3), (m + 2)^2
    dim_t in, out;    // channels
    dim_t tiles;
    TiledImages from, to;
    bool transposed;
    dim_t w_stride;

    WinogradSizes(const Shape& s, bool is_transposed, dim_t tile) : m(tile) {
        points = (m + 2) * (m + 2);
        transposed = is_transposed;
        const dim_t* const a = transposed ? s.out : s.in;
        const dim_t* const b = transposed ? s.in : s.out;
        in = transposed ? s.o : s.c;
        out = transposed ? s.c : s.o;
        w_stride = kTaps * s.c;
        const dim_t down = ceil_div(b[1], m), across = ceil_div(b[2], m);
        from = {a[1], a[2], in, pad(s.pad[1]), pad(s.pad[2]), down, across};
        to = {b[1], b[2], out, 0, 0, down, across};
        tiles = s.n * s.in[0] * down * across;
    }
    int index() const { return m == 4 ? 1 : 0; }

 private:
    // The transpose has the taps in reverse order.
    dim_t pad(dim_t p) const { return transposed ? 2 - p : p; }
};

// A sum over k in equal parts, each small enough for L1.
struct Depths : gemm::KBlocks {
    dim_t k;
    Depths(dim_t depth, dim_t kc) : KBlocks(gemm::k_blocks(depth, kc)), k(depth) {}
    dim_t at(dim_t i) const { return i * size; }
    dim_t of(dim_t i) const { return std::min(size, k - at(i)); }
};

// Rows of transformed tiles. Those of several depths end an odd number of lines further, so that
// the rows of a tile of registers spread over all sets of L1.
inline dim_t padded_row(dim_t channels, const Depths& depths) {
    return depths.count > 1 ? odd_lines(channels, sizeof(float))
                            : whole_lines(channels, sizeof(float));
}

// The distance between points: an odd number of lines, so that the points of a tile, which are
// written together, fall into different sets of L1.
inline dim_t padded_plane(dim_t size) {
    return odd_lines(size, sizeof(float));
}

}  // namespace fastnn::conv
