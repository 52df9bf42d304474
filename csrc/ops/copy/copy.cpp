#include "ops/copy/copy.h"

#include <algorithm>
#include <bit>
#include <cstdint>
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
constexpr dim_t kWovenBytes = 1 << 14;  // of y in a tile of few lines: interleaved, or parted

// Index of an element's size in the tables of kernels; -1 where there is none.
int size_index(dim_t bytes) {
    for (int i = 0; i < kSizes; ++i) {
        if (bytes == dim_t{1} << i) return i;
    }
    return -1;
}

struct Tile {
    dim_t rows, columns;
};

// Calls f(x, y, i, j, rows, columns) for tiles of two lines, the first of which runs along the
// fastest axis of y, and for every position outside of them.
template <class F>
void for_tiles(const Walk& outer, dim_t rows, dim_t columns, const Tile& tile, double tile_ns,
               F f) {
    const dim_t down = ceil_div(columns, tile.columns), along = ceil_div(rows, tile.rows);
    const dim_t tiles = outer.size() * down * along;
    // Where the lines are short, several tiles make a chunk.
    const dim_t together = std::max<dim_t>(1, static_cast<dim_t>(kChunkNs / tile_ns));
    const double chunk_ns = tile_ns * static_cast<double>(together);
    parallel_for(ceil_div(tiles, together), chunk_ns, [&](dim_t chunk) {
        const dim_t first = chunk * together, last = std::min(tiles, first + together);
        Position at(outer, first / (down * along));
        dim_t within = first % (down * along);
        for (dim_t t = first; t < last; ++t) {
            const dim_t i = within % along * tile.rows, j = within / along * tile.columns;
            f(at, i, j, std::min(tile.rows, rows - i), std::min(tile.columns, columns - j));
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

// Rows or columns of a transpose: axes that are walked as one, of which a tile takes the faster
// ones whole and a part of the slowest, so that all tiles share a table of offsets.
struct Side {
    Walk line;
    dim_t size, together, tile;  // elements in all, in the faster axes, and in a tile

    Side(const Walk& taken, dim_t most)
        : line(taken),
          size(line.size()),
          together(size / line.shape[0]),
          tile(together * std::min(line.shape[0], ceil_div(most, together))) {}
    dim_t x(dim_t i) const { return i / together * line.x_stride[0]; }
    dim_t y(dim_t i) const { return i / together * line.y_stride[0]; }
};

// By `stride` of the first `count` elements of a line.
void offsets(const Walk& line, const dim_t* stride, dim_t count, dim_t* at) {
    at[0] = 0;
    dim_t known = 1;  // axes that are faster: whole
    for (int axis = line.axes - 1; axis >= 0 && known < count; --axis) {
        const dim_t steps = std::min(line.shape[axis], count / known);
        for (dim_t k = 1; k < steps; ++k) {
            for (dim_t i = 0; i < known; ++i) at[k * known + i] = at[i] + k * stride[axis];
        }
        known *= steps;
    }
}

constexpr bool is_few(dim_t n) {
    return kFewest <= n && n <= kMost;
}

// Whether tiles of y may be stored past the caches: its columns are whole lines, and more than the
// caches hold, in whose place a transpose would fetch each line before it is overwritten.
bool bypasses(const Walk& outer, const Walk& columns, dim_t bytes) {
    const auto whole = [](const Walk& walk) {
        return std::all_of(walk.y_stride, walk.y_stride + walk.axes,
                           [](dim_t step) { return step % kLineBytes == 0; });
    };
    return past_caches(columns.y, bytes, kLineBytes, kReadsAgain) && whole(outer) && whole(columns);
}

// How many of the first offsets are of lines that L1 holds together.
dim_t held(const dim_t* at, dim_t count) {
    constexpr std::size_t kMostSets = 512;
    const Cache& l1 = machine().l1;
    const auto sets = static_cast<std::size_t>(std::max<dim_t>(1, l1.bytes / (l1.ways * l1.line)));
    const std::size_t mask = std::bit_floor(std::min(sets, kMostSets)) - 1;
    std::uint16_t lines[kMostSets] = {};
    for (dim_t i = 0; i < count; ++i) {
        if (++lines[static_cast<std::size_t>(at[i]) / kLineBytes & mask] > l1.ways) return i;
    }
    return count;
}

// How tiles of x_at and y_at are walked; fewer columns may be taken.
Tiling tiling_of(const Side& rows, const dim_t* x_at, Side& columns, const dim_t* y_at,
                 dim_t line) {
    const auto holds_line = [=](const dim_t* at, dim_t count) {
        count = std::min(count, line);
        return held(at, count) == count;
    };
    const dim_t few = held(y_at, columns.tile) / columns.together * columns.together;
    if (few == columns.tile) return Tiling::registers;
    if (holds_line(x_at, rows.tile) && holds_line(y_at, columns.tile)) return Tiling::lines;
    if (few < 2 * line) return Tiling::packed;
    columns.tile = few;
    return Tiling::registers;
}

// False where nothing is to be transposed, or by elements.
bool turn(const Walk& walk, int fast, dim_t size) {
    const Kernels& kernels = isa::table<Kernels>();
    const int kind = size_index(size), last = walk.axes - 1;
    if (fast < 0 || kernels.transpose[kind] == nullptr || walk.y_stride[last] != size ||
        walk.x_stride[fast] != size)
        return false;
    // Lines that alternate in y (in x), and fill it.
    const bool joins = is_few(walk.shape[last]) && walk.y_stride[fast] == walk.shape[last] * size;
    const bool parts =
        !joins && is_few(walk.shape[fast]) && walk.x_stride[last] == walk.shape[fast] * size;
    // Of these tiles are longer, and only the first offset of the long side counts.
    const dim_t woven = kWovenBytes / size / kMost;
    const dim_t most_rows = parts ? woven : kTileRowBytes / size;
    const dim_t most_columns = joins ? woven : kTileColumns;
    Walk outer = walk;
    const Side rows(outer.take_line(Walk::Along::y, last, fast, parts ? 1 : most_rows), most_rows);
    Side columns(outer.take_line(Walk::Along::x, fast, -1, joins ? 1 : most_columns), most_columns);
    if (!joins && !parts && (rows.size <= kMost || columns.size <= kMost)) return false;
    const Transpose kernel = (joins   ? kernels.interleave
                              : parts ? kernels.part
                                      : kernels.transpose)[kind];
    dim_t x_at[2 * kTileRowBytes], y_at[2 * kTileColumns];
    offsets(rows.line, rows.line.x_stride, parts ? 1 : rows.tile, x_at);
    offsets(columns.line, columns.line.y_stride, joins ? 1 : columns.tile, y_at);
    const dim_t bytes = walk.size() * size;
    Tiling tiling = Tiling::registers;
    if (bypasses(outer, columns.line, bytes)) {
        tiling = Tiling::bypassing;
    } else if (!joins && !parts && bytes >= machine().l1.bytes) {
        tiling = tiling_of(rows, x_at, columns, y_at, kLineBytes / size);
    }
    const double ns = 2 * cost::kByte * static_cast<double>(rows.tile * columns.tile * size);
    for_tiles(outer, rows.size, columns.size, {rows.tile, columns.tile}, ns,
              [&](const Position& at, dim_t i, dim_t j, dim_t height, dim_t width) {
                  kernel({at.x + rows.x(i) + columns.x(j), x_at, height, width,
                          at.y + rows.y(i) + columns.y(j), y_at, tiling});
              });
    return true;
}

// One axis, or one element.
struct Line {
    dim_t n = 1, x_step = 0, y_step = 0;
};

Line taken(Walk& walk, int axis) {
    if (axis < 0) return {};
    const Line line{walk.shape[axis], walk.x_stride[axis], walk.y_stride[axis]};
    walk.take(axis);
    return line;
}

// Of another type: converted once.
void run_number(const Args& a) {
    alignas(16) char number[16];
    conversion(a.x_type, a.y_type)(a.x, 0, 0, number, 0, 0, 1, 1);
    Args same = a;
    same.x_type = a.y_type;
    same.x = number;
    kCopy.run(same);
}

void run(const Args& a) {
    for (int i = 0; i < a.axes; ++i) {
        if (a.shape[i] == 0) return;
    }
    const bool number =
        std::all_of(a.x_stride, a.x_stride + a.axes, [](dim_t n) { return n == 0; });
    if (number && a.x_type != a.y_type) return run_number(a);
    Walk walk(a);
    const dim_t size = a.y_type.bytes;
    const bool same = a.x_type == a.y_type;
    const int fast = fastest_of_x(walk);
    if (fast >= 0 && walk.x_stride[fast] < 0) walk.reverse(fast);
    if (same && turn(walk, fast, size)) return;
    const Rows rows = same ? rows_of(a.y_type) : conversion(a.x_type, a.y_type);
    const Line inner = taken(walk, walk.axes - 1);
    const Line across = taken(walk, fast < 0 ? walk.axes - 1 : fast);
    Tile tile{std::min(inner.n, kTileRowBytes / size), std::min(across.n, kTileColumns)};
    if (fast < 0) {
        tile.rows = std::min(inner.n, kChunkBytes / size);
        tile.columns = std::min(across.n, ceil_div(kChunkBytes, tile.rows * size));
    }
    const bool dense = inner.y_step == size && (inner.x_step == size || inner.x_step == 0);
    const double element = dense ? cost::kByte * static_cast<double>(size) : cost::kElement;
    const double ns =
        static_cast<double>(tile.columns) * (cost::kRow + element * static_cast<double>(tile.rows));
    for_tiles(walk, inner.n, across.n, tile, ns,
              [&](const Position& at, dim_t i, dim_t j, dim_t n, dim_t m) {
                  rows(at.x + i * inner.x_step + j * across.x_step, across.x_step, inner.x_step,
                       at.y + i * inner.y_step + j * across.y_step, across.y_step, inner.y_step, m,
                       n);
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
