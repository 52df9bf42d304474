#include "ops/conv/implicit_gemm/products.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "core/cache.h"

namespace fastnn::conv {
namespace {

// Bytes of a chunk's input, which stays in L2 (1 MiB) while all panels of B pass by.
constexpr long kInput = 128 << 10;
// One copy serves all chunks of the same pixels where it is small and they are many: else the copy
// that a chunk makes for itself costs less than what it fetches into L2 for the tiles.
constexpr long kShared = 768 << 10;
constexpr long kSharing = 8;
constexpr long kShortRow = 6;  // pixels: shorter rows make tiles too low to keep the FMA units busy

// Pixels this far apart throw each other out of L1. Whether they are copied decides how k is cut,
// so the machine's own caches have no say.
bool collides(long stride_bytes) {
    return rows_collide(stride_bytes, 64, kNominalL1);
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
              : collides((w.gathered() ? 1 : w.in_step) * c * size) ? odd_lines(c, size)
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
    for (long i = 0; i < d.taps; ++i) {
        for (long j = 0; j < h.taps; ++j) {
            for (long l = 0; l < (runs ? 1 : w.taps); ++l)
                p.segments.push_back(i * tap[0] + j * tap[1] + l * tap[2]);
        }
    }
}

constexpr double kUseful = 0.75;   // of the taps: fewer are worth a cut
constexpr double kPieceNs = 2000;  // what a product more costs
constexpr long kMostRuns = 64;     // the search takes their square

// Outputs and the taps that any of them meets.
struct Run {
    long begin, end, first_tap, end_tap;
    long taps() const { return std::max(0L, end_tap - first_tap); }
    double products() const { return static_cast<double>((end - begin) * taps()); }
    Run with(const Run& next) const {
        if (next.taps() == 0) return {begin, next.end, first_tap, end_tap};
        if (taps() == 0) return {begin, next.end, next.first_tap, next.end_tap};
        return {begin, next.end, std::min(first_tap, next.first_tap),
                std::max(end_tap, next.end_tap)};
    }
};

// Outputs of equal taps. A later output meets earlier taps.
std::vector<Run> runs_along(const Axis& a, long size) {
    std::vector<Run> runs;
    const auto ceil_clamped = [](long x, long y) { return x <= 0 ? 0 : ceil_div(x, y); };
    for (long u = 0; u < a.count;) {
        const long at = a.in_step * u + a.offset;
        const long first = std::min(a.taps, ceil_clamped(-at, a.offset_step));
        const long end = std::min(a.taps, ceil_clamped(size - at, a.offset_step));
        // The outputs from which on the tap before `first` lies inside, and the last one no more.
        long next = a.count;
        if (first > 0)
            next = std::min(next, ceil_clamped(-a.offset - (first - 1) * a.offset_step, a.in_step));
        if (end > 0)
            next = std::min(next,
                            ceil_clamped(size - a.offset - (end - 1) * a.offset_step, a.in_step));
        runs.push_back({u, next, first, end});
        u = next;
    }
    const auto every =
        static_cast<std::size_t>(ceil_div(static_cast<long>(runs.size()), kMostRuns));
    if (every <= 1) return runs;
    std::vector<Run> fewer;
    for (std::size_t i = 0; i < runs.size(); ++i) {
        if (i % every == 0) {
            fewer.push_back(runs[i]);
        } else {
            fewer.back() = fewer.back().with(runs[i]);
        }
    }
    return fewer;
}

// The cheapest way to cut runs into pieces. `rows` is how many outputs make a tile no lower than it
// is worth.
std::vector<Run> cut(const std::vector<Run>& runs, long rows, double piece, double tap) {
    struct Best {
        double cost = 0;
        std::size_t from = 0;
        Run run{};
    };
    std::vector<Best> best(runs.size() + 1);
    for (std::size_t end = 1; end <= runs.size(); ++end) {
        Run run = runs[end - 1];
        best[end].cost = std::numeric_limits<double>::infinity();
        for (std::size_t begin = end; begin-- > 0;) {
            if (begin + 1 < end) run = runs[begin].with(run);
            const long outputs = std::max(run.end - run.begin, rows);
            const double cost =
                best[begin].cost + (run.taps() == 0
                                        ? 0
                                        : piece + static_cast<double>(run.taps()) *
                                                      (static_cast<double>(outputs) + tap));
            if (cost < best[end].cost) best[end] = {cost, begin, run};
        }
    }
    std::vector<Run> pieces;
    for (std::size_t end = runs.size(); end > 0; end = best[end].from)
        pieces.push_back(best[end].run);
    std::reverse(pieces.begin(), pieces.end());
    return pieces;
}

Axis piece_of(const Axis& a, const Run& run) {
    Axis part = a;
    part.count = run.end - run.begin;
    part.first += run.begin * a.step;
    part.taps = run.taps();
    part.offset += run.begin * a.in_step + run.first_tap * a.offset_step;
    part.tap += run.first_tap * a.tap_step;
    return part;
}

}  // namespace

double ProductAxes::products(int a) const {
    double sum = 0;
    for (const Axis& p : axis[a]) sum += static_cast<double>(p.count) * static_cast<double>(p.taps);
    return sum;
}

ProductAxes products_of(const Shape& shape, bool transposed) {
    ProductAxes all;
    for (int a = 0; a < kAxes; ++a) all.axis[a] = products_along(shape, a, transposed);
    const long* const from = transposed ? shape.out : shape.in;
    for (int a = 0; a < kAxes; ++a) {
        const double products = all.products(a);
        const bool inside = std::all_of(all.axis[a].begin(), all.axis[a].end(),
                                        [&](const Axis& p) { return p.inside(from[a]); });
        if (inside || products == 0) continue;
        // What one output and tap along this axis costs, and what packing one more tap.
        const auto n = [](long x) { return static_cast<double>(x); };
        double others = 1, taps = 1;
        for (int b = 0; b < kAxes; ++b) {
            if (b != a) others *= all.products(b), taps *= n(shape.kernel[b]);
        }
        const double weights = n(shape.c) * n(shape.o) / n(shape.groups);
        const double unit = 1 + n(shape.n) * others * weights * 0.02;
        std::vector<Axis> pieces;
        for (const Axis& p : all.axis[a]) {
            const std::vector<Run> runs = runs_along(p, from[a]);
            double useful = 0;
            for (const Run& r : runs) useful += r.products();
            if (useful > kUseful * n(p.count) * n(p.taps)) {
                pieces.push_back(p);
                continue;
            }
            const long rows = a == kAxes - 1 && shape.n < kShortRow ? kShortRow : 1;
            for (const Run& r : cut(runs, rows, kPieceNs / unit, 0.25 * weights * taps / unit)) {
                if (r.taps() > 0) pieces.push_back(piece_of(p, r));
            }
        }
        all.axis[a] = pieces;
    }
    return all;
}

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
