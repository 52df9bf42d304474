#include "ops/copy/copy.h"

#include <algorithm>
#include <cstdlib>

#include "core/cache.h"
#include "core/parallel.h"
#include "ops/copy/cost.h"
#include "ops/copy/walk.h"

namespace fastnn::copy {
namespace {

constexpr dim_t kChunkBytes = 1 << 16;  // of y per chunk, about
// A tile that is transposed: columns, and bytes of a row of y. Of 16 to 256 and 64 to 4096 the
// fastest from 0.5 to 64 MB on Sapphire Rapids.
constexpr dim_t kTileColumns = 256, kTileRowBytes = 256;

// Index of an element's size in the tables of kernels; -1 where there is none.
int size_index(dim_t bytes) {
    for (int i = 0; i < kSizes; ++i) {
        if (bytes == dim_t{1} << i) return i;
    }
    return -1;
}

// One axis.
struct Line {
    dim_t n, x_step, y_step;
};

struct Tile {
    dim_t rows, columns;
};

// Calls f(x, y, rows, columns) for tiles of two axes, `inner` (rows) and `across` (columns), and
// for every position in the others.
template <class F>
void for_tiles(const Walk& outer, const Line& inner, const Line& across, const Tile& tile,
               double tile_ns, F f) {
    const dim_t down = ceil_div(across.n, tile.columns), along = ceil_div(inner.n, tile.rows);
    const dim_t tiles = outer.size() * down * along;
    // Where the axes are short, several tiles make a chunk.
    const dim_t together = std::max<dim_t>(1, static_cast<dim_t>(kChunkNs / tile_ns));
    const double chunk_ns = tile_ns * static_cast<double>(together);
    parallel_for(ceil_div(tiles, together), chunk_ns, [&](dim_t chunk) {
        const dim_t first = chunk * together, last = std::min(tiles, first + together);
        Position at(outer, first / (down * along));
        dim_t within = first % (down * along);
        for (dim_t t = first; t < last; ++t) {
            const dim_t i = within % along * tile.rows, j = within / along * tile.columns;
            f(at.x + i * inner.x_step + j * across.x_step,
              at.y + i * inner.y_step + j * across.y_step, std::min(tile.rows, inner.n - i),
              std::min(tile.columns, across.n - j));
            if (++within == down * along) within = 0, at.next();
        }
    });
}

// The axis in which x is fastest, where it is not the last one, else -1.
int fastest_of_x(const Walk& walk) {
    const int last = walk.axes - 1;
    int best = last;
    for (int i = 0; i < last; ++i) {
        if (walk.x_stride[i] != 0 && walk.x_stride[best] != 0 &&
            std::abs(walk.x_stride[i]) < std::abs(walk.x_stride[best]))
            best = i;
    }
    return best == last ? -1 : best;
}

// Takes an axis out of the walk; a line of one element where there is none.
Line taken(Walk& walk, int axis) {
    if (axis < 0) return {1, 0, 0};
    const Line line{walk.shape[axis], walk.x_stride[axis], walk.y_stride[axis]};
    walk.take(axis);
    return line;
}

// Whether tiles of y may be stored past the caches: its rows are whole lines, and more than L2
// holds, in whose place a transpose would fetch each line before it is overwritten.
bool bypasses(const Walk& walk, const Line& across, dim_t bytes) {
    bool whole = reinterpret_cast<std::uintptr_t>(walk.y) % kLineBytes == 0 &&
                 across.y_step % kLineBytes == 0;
    for (int i = 0; i < walk.axes; ++i) whole = whole && walk.y_stride[i] % kLineBytes == 0;
    return whole && bytes >= 4 * machine().l2.bytes;
}

void run(const Args& a) {
    for (int i = 0; i < a.axes; ++i) {
        if (a.shape[i] == 0) return;
    }
    Walk walk(a);
    const dim_t size = a.y_type.bytes, bytes = walk.size() * size;
    const bool same = a.x_type == a.y_type;
    const Rows rows = same ? rows_of(a.y_type) : conversion(a.x_type, a.y_type);
    const int fast = fastest_of_x(walk);
    const Line inner = taken(walk, walk.axes - 1);
    const Line across = taken(walk, fast < 0 ? walk.axes - 1 : fast);
    const Transpose transpose = same ? isa::table<Kernels>().transpose[size_index(size)] : nullptr;
    const auto registers = [size](const Line& y, const Line& x) {
        return y.y_step == size && x.x_step == size && y.x_step % size == 0 && x.y_step % size == 0;
    };
    if (fast >= 0 && transpose != nullptr && registers(inner, across) && across.n > 4) {
        const bool bypass = bypasses(walk, across, bytes);
        const Tile tile{std::min(inner.n, kTileRowBytes / size), std::min(across.n, kTileColumns)};
        const double ns = 2 * cost::kByte * static_cast<double>(tile.rows * tile.columns * size);
        for_tiles(walk, inner, across, tile, ns, [&](const char* x, char* y, dim_t m, dim_t n) {
            transpose(x, inner.x_step, m, n, y, across.y_step, bypass);
        });
        return;
    }
    Tile tile{std::min(inner.n, kTileRowBytes / size), std::min(across.n, kTileColumns)};
    if (fast < 0) {
        tile.rows = std::min(inner.n, kChunkBytes / size);
        tile.columns = std::min(across.n, ceil_div(kChunkBytes, tile.rows * size));
    }
    const bool dense = inner.y_step == size && (inner.x_step == size || inner.x_step == 0);
    const double element = dense ? cost::kByte * static_cast<double>(size) : cost::kElement;
    const double ns =
        static_cast<double>(tile.columns) * (cost::kRow + element * static_cast<double>(tile.rows));
    for_tiles(walk, inner, across, tile, ns, [&](const char* x, char* y, dim_t n, dim_t m) {
        rows(x, across.x_step, inner.x_step, y, across.y_step, inner.y_step, m, n);
    });
}

Work work(const Args& a) {
    double elements = 1;
    for (int i = 0; i < a.axes; ++i) elements *= static_cast<double>(a.shape[i]);
    return {0, elements * (a.x_type.bytes + a.y_type.bytes)};
}

}  // namespace

bool can_copy(Element from, Element to) {
    return from == to ? size_index(from.bytes) >= 0 : conversion(from, to) != nullptr;
}

Rows rows_of(Element type) {
    return isa::table<Kernels>().rows[size_index(type.bytes)];
}

const Kernel<Args> kCopy{"copy", run, work};

}  // namespace fastnn::copy
