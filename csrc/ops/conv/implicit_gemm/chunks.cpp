#include "ops/conv/implicit_gemm/chunks.h"

#include <algorithm>

#include "core/cache.h"
#include "core/integer.h"
#include "ops/conv/implicit_gemm/products.h"

namespace fastnn::conv {
namespace {

// Bytes of a chunk's input, which stays in L2 while all panels of B are read. A constant, for an L2
// of 1 MiB: the number of chunks decides whether they pack weights, and so the order of sums.
constexpr dim_t kInput = 128 << 10;

// One copy of at most so many bytes serves all chunks of the same pixels where there are at least
// kSharing of them. Otherwise the copy that a chunk makes for itself costs less than what it
// fetches into L2 for the tiles.
dim_t shared_room() {
    return machine().l2.bytes * 3 / 4;
}
constexpr dim_t kSharing = 8;

// Pixels this far apart evict each other from L1. Whether they are copied decides how k is divided,
// and so the order of sums: hence a nominal cache, not the machine's.
bool collides(dim_t stride_bytes) {
    return rows_collide(stride_bytes, 64, kNominalL1);
}

dim_t input_bytes(const Product& p, dim_t rows, dim_t cols, dim_t size) {
    return p.axis[0].taps * p.axis[1].extent(rows) * p.axis[2].extent(cols) * p.pixel * size;
}

bool read_in_place(const Product& p, const Sides& s, dim_t size) {
    for (int a = 0; a < kAxes; ++a) {
        if (!p.axis[a].inside(s.from[a])) return false;
    }
    if (s.groups > 1 && p.axis[2].taps > 1) return false;
    const dim_t next = p.along_images ? s.from[0] * s.from[1] * s.from[2] : p.axis[2].in_step;
    return !collides(next * s.from_channels * size);
}

// How the input is read, and how k is cut.
void choose_segments(Product& p, const Sides& s, dim_t size) {
    const Axis& w = p.axis[2];
    const dim_t c = s.from_group;
    p.copied = !read_in_place(p, s, size);
    p.pixel = !p.copied                                             ? s.from_channels
              : collides((w.gathered() ? 1 : w.in_step) * c * size) ? odd_lines(c, size)
                                                                    : c;
    // The taps of a row of the kernel are one run of elements where pixels have no gaps.
    const bool runs = p.pixel == c && p.channel_block == c && w.offset_step == 1;
    p.k = runs ? w.taps * c : p.channel_block;
}

void choose_chunks(Product& p, const Shape& shape, const Sides& s, const gemm::Blocking& f,
                   dim_t size, dim_t share) {
    const Axis &h = p.axis[1], &w = p.axis[2];
    p.cols = w.count, p.rows = h.count;
    if (input_bytes(p, 1, w.count, size) > kInput) {
        p.cols = std::min(w.count, 2 * f.mr);
        while (p.cols < w.count && input_bytes(p, 1, 2 * p.cols, size) <= kInput) p.cols *= 2;
        p.cols = std::min(w.count, p.cols);
        p.rows = 1;
    } else {
        while (p.rows > 1 && input_bytes(p, p.rows, p.cols, size) > kInput)
            p.rows = ceil_div(p.rows, 2);
        while (p.rows < h.count && input_bytes(p, p.rows + 1, p.cols, size) <= kInput) ++p.rows;
    }
    p.images = 1;
    const bool whole = p.rows == h.count && p.cols == w.count;
    const dim_t one = input_bytes(p, p.rows, p.cols, size);
    if (p.along_images) {
        p.images = std::clamp(kInput / std::max<dim_t>(1, one), std::min(shape.n, f.mr), 4 * f.mr);
    } else if (whole && p.axis[0].count == 1) {
        // Small images together.
        p.images =
            std::clamp(kInput / std::max<dim_t>(1, one), dim_t{1}, ceil_div(256, p.rows * p.cols));
    }
    p.images = std::min(p.images, shape.n);
    const auto count = [&] {
        p.image_chunks = ceil_div(shape.n, p.images);
        p.row_chunks = ceil_div(h.count, p.rows);
        p.col_chunks = ceil_div(w.count, p.cols);
        return p.pixel_chunks() * s.groups;
    };
    // Where there are too few chunks: fewer images, fewer rows, but some tiles at least; then
    // fewer outputs.
    dim_t chunks = count();
    const dim_t tiles = 4 * f.mr;
    if (chunks < share && p.images > 1 && !p.one_chunk) {
        const dim_t least =
            p.along_images ? std::min(shape.n, f.mr) : ceil_div(tiles, p.rows * p.cols);
        p.images = std::clamp(ceil_div(shape.n * (chunks / p.image_chunks), share),
                              std::min(p.images, least), p.images);
        chunks = count();
    }
    if (chunks < share && p.rows > 1 && !p.one_chunk) {
        const dim_t least = std::min(p.rows, ceil_div(tiles, p.cols * p.images));
        p.rows = std::clamp(ceil_div(h.count * (chunks / p.row_chunks), share), least, p.rows);
        chunks = count();
    }
    // Of even sizes.
    p.images = ceil_div(shape.n, p.image_chunks);
    p.rows = ceil_div(h.count, p.row_chunks);
    if (p.col_chunks > 1)
        p.cols = std::min(w.count, round_up(ceil_div(w.count, p.col_chunks), f.mr));
    chunks = count();
    const dim_t panels = ceil_div(s.to_group, f.nr);
    const dim_t cut = std::clamp(ceil_div(share, chunks), dim_t{1}, panels);
    p.outs = ceil_div(panels, cut) * f.nr;
    p.out_chunks = ceil_div(s.to_group, p.outs);
    const dim_t all = shape.n * s.groups * input_bytes(p, h.count, w.count, size);
    p.shared = p.copied && p.out_chunks >= kSharing && p.axis[0].count == 1 && all <= shared_room();
}

void choose_strides(Product& p, const Sides& s, dim_t size) {
    const Axis &d = p.axis[0], &h = p.axis[1], &w = p.axis[2];
    dim_t tap[kAxes];
    if (p.copied) {
        p.row = w.extent(p.shared ? w.count : p.cols) * p.pixel;
        p.plane = p.copied_rows() * p.row;
        p.image = d.taps * p.plane;
        if (p.along_images) p.image = odd_lines(p.image, size);
        p.step[0] = 0;  // a chunk has one depth
        p.step[1] = (h.gathered() ? 1 : h.in_step) * p.row;
        p.step[2] = (w.gathered() ? 1 : w.in_step) * p.pixel;
        tap[0] = p.plane;
        p.copy_size = static_cast<std::size_t>((p.shared ? 1 : p.images) * p.image);
    } else {
        p.row = s.from[2] * p.pixel;
        p.plane = s.from[1] * p.row;
        p.image = s.from[0] * p.plane;
        p.step[0] = d.in_step * p.plane;
        p.step[1] = h.in_step * p.row;
        p.step[2] = w.in_step * p.pixel;
        tap[0] = d.offset_step * p.plane;
    }
    tap[1] = h.offset_step * p.row;
    tap[2] = w.offset_step * p.pixel;
    const bool runs = p.k != p.channel_block || w.taps == 1;
    p.segments.clear();
    for (dim_t i = 0; i < d.taps; ++i) {
        for (dim_t j = 0; j < h.taps; ++j) {
            for (dim_t l = 0; l < (runs ? 1 : w.taps); ++l)
                p.segments.push_back(i * tap[0] + j * tap[1] + l * tap[2]);
        }
    }
}

}  // namespace

void lay_out(Product& p, const Shape& shape, const Sides& sides, const gemm::Blocking& blocking,
             dim_t size, dim_t share) {
    p.along_images = p.axis[2].count < kShortRow && shape.n > p.axis[2].count;
    choose_segments(p, sides, size);
    choose_chunks(p, shape, sides, blocking, size, share);
    choose_strides(p, sides, size);
}

}  // namespace fastnn::conv
