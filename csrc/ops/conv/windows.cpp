#include "ops/conv/windows.h"

#include <algorithm>
#include <numeric>

namespace fastnn::conv {
namespace {

// Bytes of a chunk's input, which stays in L2 (1 MiB) while all panels of B pass by.
constexpr long kInput = 128 << 10;
// One copy serves all chunks of the same pixels where it is small and they are many: else the copy
// that a chunk makes for itself costs less than what it fetches into L2 for the tiles.
constexpr long kShared = 768 << 10;
constexpr long kSharing = 8;
constexpr long kShortRow = 6;  // pixels: shorter rows make tiles too low to keep the FMA units busy

// Rows this far apart lie on top of each other in L1 (64 sets of 64 bytes, 8 ways).
bool collides(long stride_bytes) {
    return stride_bytes % 1024 == 0;
}

// An odd number of lines, so that neighbours spread over all sets.
long spread(long elements, long size) {
    const long line = 64 / size;
    return (ceil_div(elements, line) | 1) * line;
}

long input_bytes(const Product& p, long rows, long cols, long size) {
    return p.axis[0].taps * p.axis[1].extent(rows) * p.axis[2].extent(cols) * p.pixel * size;
}

bool read_in_place(const Product& p, const Sides& s, long size) {
    for (int a = 0; a < kAxes; ++a) {
        if (!p.axis[a].inside(s.from[a])) return false;
    }
    if (s.groups > 1 && p.axis[2].taps > 1) return false;
    const long next = p.along_images ? s.from[0] * s.from[1] * s.from[2] : p.axis[2].in_step;
    return !collides(next * s.from_channels * size);
}

// How the input is read, and how k is cut.
void choose_segments(Product& p, const Sides& s, long size) {
    const Axis& w = p.axis[2];
    const long c = s.from_group;
    p.copied = !read_in_place(p, s, size);
    p.pixel = !p.copied                                             ? s.from_channels
              : collides((w.gathered() ? 1 : w.in_step) * c * size) ? spread(c, size)
                                                                    : c;
    // The taps of a row of the kernel are one run of elements where pixels have no gaps.
    const bool runs = p.pixel == c && p.channel_block == c && w.offset_step == 1;
    p.k = runs ? w.taps * c : p.channel_block;
}

void choose_chunks(Product& p, const Shape& shape, const Sides& s, const gemm::Blocking& f,
                   long size, long share) {
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
    const long one = input_bytes(p, p.rows, p.cols, size);
    if (p.along_images) {
        p.images = std::clamp(kInput / std::max(1L, one), std::min(shape.n, f.mr), 4 * f.mr);
    } else if (whole && p.axis[0].count == 1) {
        // Small images together.
        p.images = std::clamp(kInput / std::max(1L, one), 1L, ceil_div(256, p.rows * p.cols));
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
    long chunks = count();
    const long tiles = 4 * f.mr;
    if (chunks < share && p.images > 1 && !p.one_chunk) {
        const long least =
            p.along_images ? std::min(shape.n, f.mr) : ceil_div(tiles, p.rows * p.cols);
        p.images = std::clamp(ceil_div(shape.n * (chunks / p.image_chunks), share),
                              std::min(p.images, least), p.images);
        chunks = count();
    }
    if (chunks < share && p.rows > 1 && !p.one_chunk) {
        const long least = std::min(p.rows, ceil_div(tiles, p.cols * p.images));
        p.rows = std::clamp(ceil_div(h.count * (chunks / p.row_chunks), share), least, p.rows);
        chunks = count();
    }
    // Of even sizes.
    p.images = ceil_div(shape.n, p.image_chunks);
    p.rows = ceil_div(h.count, p.row_chunks);
    if (p.col_chunks > 1)
        p.cols = std::min(w.count, round_up(ceil_div(w.count, p.col_chunks), f.mr));
    chunks = count();
    const long panels = ceil_div(s.to_group, f.nr);
    const long cut = std::clamp(ceil_div(share, chunks), 1L, panels);
    p.outs = ceil_div(panels, cut) * f.nr;
    p.out_chunks = ceil_div(s.to_group, p.outs);
    const long all = shape.n * s.groups * input_bytes(p, h.count, w.count, size);
    p.shared = p.copied && p.out_chunks >= kSharing && p.axis[0].count == 1 && all <= kShared;
}

void choose_strides(Product& p, const Sides& s, long size) {
    const Axis &d = p.axis[0], &h = p.axis[1], &w = p.axis[2];
    long tap[kAxes];
    if (p.copied) {
        p.row = w.extent(p.shared ? w.count : p.cols) * p.pixel;
        p.plane = p.copied_rows() * p.row;
        p.image = d.taps * p.plane;
        if (p.along_images) p.image = spread(p.image, size);
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
    for (long i = 0; i < d.taps; ++i) {
        for (long j = 0; j < h.taps; ++j) {
            for (long l = 0; l < (runs ? 1 : w.taps); ++l)
                p.segments.push_back(i * tap[0] + j * tap[1] + l * tap[2]);
        }
    }
}

}  // namespace

std::vector<Axis> products_along(const Shape& shape, int axis, bool transposed) {
    const long kernel = shape.kernel[axis], stride = shape.stride[axis],
               dilation = shape.dilation[axis], pad = shape.pad[axis];
    if (!transposed) return {{shape.out[axis], 0, 1, stride, -pad, dilation, kernel, 0, 1}};
    std::vector<Axis> products;
    const long common = std::gcd(stride, dilation);
    for (long first = 0; first < std::min(stride, shape.in[axis]); ++first) {
        // Tap k meets these positions where first + pad - k dilation is a multiple of the stride.
        long k = 0;
        while (k < std::min(kernel, stride / common) && (first + pad - k * dilation) % stride != 0)
            ++k;
        if (k == std::min(kernel, stride / common)) continue;
        const long taps = ceil_div(kernel - k, stride / common);
        const long tap = k + (taps - 1) * (stride / common);  // the last one: positions grow with t
        products.push_back({ceil_div(shape.in[axis] - first, stride), first, stride, 1,
                            (first + pad - tap * dilation) / stride, dilation / common, taps, tap,
                            -(stride / common)});
    }
    return products;
}

long block_of_channels(long taps, long channels, long panel, const gemm::Blocking& blocking,
                       long size) {
    const long blocks = std::max(1L, ceil_div(taps * channels * blocking.nr * size, panel));
    return std::max(1L, std::min(channels, round_up(ceil_div(channels, blocks), 16)));
}

void lay_out(Product& p, const Shape& shape, const Sides& sides, const gemm::Blocking& blocking,
             long size, long share) {
    p.along_images = p.axis[2].count < kShortRow && shape.n > p.axis[2].count;
    choose_segments(p, sides, size);
    choose_chunks(p, shape, sides, blocking, size, share);
    choose_strides(p, sides, size);
}

}  // namespace fastnn::conv
