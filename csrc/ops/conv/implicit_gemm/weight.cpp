// Weight gradient: for each tap of the kernel, dw (C x O) = X^T dY over all pixels.
//
// Rows of the product are channels of x, packed in panels of A a few rows of the image at a time,
// with zeros around: a tap is then an offset into the panels. dy is packed in panels of B. Where x
// has few channels, the rows are the channels of all taps of a row of the kernel, which lie side by
// side in x.
#include <algorithm>

#include "core/memory.h"
#include "core/parallel.h"
#include "ops/conv/implicit_gemm/implicit_gemm.h"
#include "ops/conv/implicit_gemm/products.h"

namespace fastnn::conv {
namespace {

constexpr double kChunkNs = 20000;
constexpr double kManyChunks = 32;
constexpr long kPixels = 384;       // in one go: what gemm sums over, for the same reasons
constexpr long kInput = 256 << 10;  // bytes of x in panels, in L2
// Channels of x and of dy of a chunk: the fewer taps use a number, the more channels must, to be
// worth its packing.
constexpr long block_of(long taps) {
    return taps <= 4 ? 128 : 64;
}
constexpr long kFewChannels = 8;  // fewer than a tile has rows
constexpr long kSums = 16 << 20;  // bytes of sums that slices of pixels may take
constexpr long kUnpackRows = 64;

struct Range {
    long begin, end;
    long size() const { return end - begin; }
};

template <class T>
class Weight {
    struct Sums {
        T* data;
        long tap, row;  // strides
    };

 public:
    explicit Weight(const WeightArgs& args)
        : a_(args),
          sh_(args.shape),
          s_(args.shape, false),
          f_(isa::table<TypedKernels<T>>()),
          g_(isa::table<gemm::TypedKernels<T>>()),
          d_(products_along(args.shape, 0, false)[0]),
          h_(products_along(args.shape, 1, false)[0]),
          w_(products_along(args.shape, 2, false)[0]),
          x_(static_cast<const T*>(args.x)),
          dy_(static_cast<const T*>(args.dy)),
          taps_(args.shape.taps()),
          cost_ns_(direct_weight_ns(args)) {
        choose_blocks();
        choose_pixels();
        choose_slices();
    }

    void run() {
        const long chunks = sh_.groups * c_blocks_ * o_blocks_ * slices_;
        const int threads = threads_worth(chunks, cost_ns_);
        const auto local_size = static_cast<std::size_t>(
            x_size_ + dy_size_ + (slices_ == 1 ? taps_ * c_block_ * o_block_ : 0) + 16);
        Scratch<T> local(local_size * static_cast<std::size_t>(threads));
        Scratch<T> sums(slices_ == 1 ? 0 : static_cast<std::size_t>(slice_ * slices_));
        Scratch<T> bias(a_.db == nullptr ? 0 : static_cast<std::size_t>(sh_.o * slices_));
        sums_ = sums.data(), bias_ = a_.db == nullptr ? nullptr : bias.data();
        parallel_ranges(threads, chunks, cost_ns_, [&](Team& team, long begin, long end) {
            T* const mine = local.data() + local_size * static_cast<std::size_t>(team.thread());
            team.for_each(end - begin, [&](long i) { chunk(begin + i, mine); });
            if (end == chunks) team.for_each_nowait(finish_chunks(), [&](long i) { finish(i); });
        });
    }

 private:
    void choose_blocks() {
        const long c = s_.from_group, o = s_.to_group;
        by_columns_ = c <= kFewChannels && (w_.offset_step == 1 || w_.taps == 1);
        c_blocks_ = by_columns_ ? 1 : std::max(1L, c / block_of(taps_));
        c_block_ = ceil_div(c, c_blocks_);
        c_blocks_ = ceil_div(c, c_block_);
        o_blocks_ = std::max(1L, o / block_of(taps_));
        o_block_ = round_up(ceil_div(o, o_blocks_), g_.blocking.nr);
        o_blocks_ = ceil_div(o, o_block_);
        o_stride_ = round_up(o, g_.blocking.nr);
    }

    // A block of pixels is some rows of an output plane, or several planes where these are small,
    // or a piece of one long row.
    void choose_pixels() {
        const long rows = sh_.out[1], cols = sh_.out[2];
        col_blocks_ = ceil_div(cols, 2 * kPixels);
        cols_ = ceil_div(cols, col_blocks_);
        const auto bytes = [&](long r) {
            return d_.taps * h_.extent(r) * w_.extent(cols_) * c_block_ *
                   static_cast<long>(sizeof(T));
        };
        rows_ = 1;
        while (col_blocks_ == 1 && rows_ < rows && rows_ * cols_ < kPixels &&
               bytes(rows_ + 1) <= kInput)
            ++rows_;
        row_blocks_ = ceil_div(rows, rows_);
        rows_ = ceil_div(rows, row_blocks_);
        row_blocks_ = ceil_div(rows, rows_);
        planes_ = 1;
        if (row_blocks_ == 1 && col_blocks_ == 1) {
            planes_ = std::clamp(std::min(kPixels / (rows_ * cols_), kInput / bytes(rows_)), 1L,
                                 sh_.n * sh_.out[0]);
        }
        plane_blocks_ = ceil_div(sh_.n * sh_.out[0], planes_);
        in_cols_ = w_.extent(cols_);
        in_plane_ = h_.extent(rows_) * in_cols_;
        depth_ = planes_ * d_.taps * in_plane_;
        x_size_ = round_up(depth_ * c_block_ + 16, 16);
        dy_size_ = planes_ * rows_ * cols_ * o_block_;
    }

    void choose_slices() {
        const long chunks = sh_.groups * c_blocks_ * o_blocks_;
        slice_ = sh_.groups * taps_ * s_.from_group * o_stride_;
        const long pixel_blocks = plane_blocks_ * row_blocks_ * col_blocks_;
        const auto wanted = static_cast<long>(std::clamp(cost_ns_ / kChunkNs, 1.0, kManyChunks));
        const long room = kSums / std::max(1L, slice_ * static_cast<long>(sizeof(T)));
        slices_ = std::clamp(std::min(ceil_div(wanted, chunks), room), 1L, pixel_blocks);
    }

    void chunk(long index, T* local) const {
        const auto next = [&](long size) {
            const long i = index % size;
            index /= size;
            return i;
        };
        const long ob = next(o_blocks_) * o_block_, cb = next(c_blocks_) * c_block_;
        const long slice = next(slices_), group = index;
        const Range o{ob, std::min(s_.to_group, ob + o_block_)};
        const Range c{cb, std::min(s_.from_group, cb + c_block_)};
        const long blocks = plane_blocks_ * row_blocks_ * col_blocks_;
        const long first = blocks * slice / slices_, end = blocks * (slice + 1) / slices_;
        // With one slice, sums stay near and go to dw at once.
        const bool alone = slices_ == 1;
        Sums sums{local + x_size_ + dy_size_, c_block_ * o_block_, o_block_};
        if (!alone) {
            sums = {sums_ + slice * slice_ + (group * taps_ * s_.from_group + cb) * o_stride_ + ob,
                    s_.from_group * o_stride_, o_stride_};
        }
        for (long block = first; block < end; ++block)
            pixels(block, block == first, slice, group, c, o, local, local + x_size_, sums);
        if (alone) unpack(sums, group, c, o);
    }

    // Adds what one block of pixels gives.
    void pixels(long block, bool first, long slice, long group, Range c, Range o, T* x, T* dy,
                Sums sums) const {
        const long col = block % col_blocks_ * cols_,
                   row = block / col_blocks_ % row_blocks_ * rows_,
                   plane = block / col_blocks_ / row_blocks_ * planes_;
        const Range cols{col, std::min(sh_.out[2], col + cols_)},
            rows{row, std::min(sh_.out[1], row + rows_)},
            planes{plane, std::min(sh_.n * sh_.out[0], plane + planes_)};
        const long count = planes.size() * rows.size() * cols.size();
        const T* const from = dy_ + ((plane * sh_.out[1] + row) * sh_.out[2] + col) * sh_.o +
                              group * s_.to_group + o.begin;
        // A single row of tiles reads dy no more often than packing would.
        const bool in_place = by_columns_ && o.size() % g_.blocking.width == 0;
        if (!in_place) g_.pack_b(from, sh_.o, 1, count, o.size(), dy);
        if (c.begin == 0 && bias_ != nullptr) {
            f_.column_sums(from, sh_.o, count, o.size(),
                           bias_ + slice * sh_.o + group * s_.to_group + o.begin, !first);
        }
        copy_input(planes, rows, cols, group, c, x);
        multiply(planes.size(), rows, cols, first, sums, c, o, x, in_place ? from : dy, !in_place);
    }

    // The part of x that a block of pixels meets, with zeros where it reaches beyond.
    void copy_input(Range planes, Range rows, Range cols, long group, Range c, T* out) const {
        const long h0 = h_.in_step * rows.begin + h_.offset,
                   h_step = h_.gathered() ? h_.in_step : 1;
        const long w0 = w_.in_step * cols.begin + w_.offset,
                   w_step = w_.gathered() ? w_.in_step : 1;
        const long in_rows = h_.extent(rows.size()), in_cols = w_.extent(cols.size());
        const long begin = std::clamp(w0 < 0 ? ceil_div(-w0, w_step) : 0, 0L, in_cols);
        const long end =
            std::clamp(sh_.in[2] > w0 ? ceil_div(sh_.in[2] - w0, w_step) : 0, begin, in_cols);
        PackPixels<T> p{};
        p.step = w_step * sh_.c, p.channels = c.size(),
        p.mr = by_columns_ ? c.size() : g_.blocking.mr;
        p.panels = out, p.depth = depth_;
        const auto pack = [&](const T* x, long pixel, long pixels) {
            p.x = x, p.first = pixel, p.pixels = pixels;
            if (pixels > 0) f_.pack_pixels(p);
        };
        for (long plane = planes.begin; plane < planes.end; ++plane) {
            const long image = plane / sh_.out[0];
            for (long i = 0; i < d_.taps; ++i) {
                const long z = d_.in_step * (plane % sh_.out[0]) + d_.offset + i * d_.offset_step;
                for (long r = 0; r < in_rows; ++r) {
                    const long y = h0 + r * h_step;
                    const long pixel =
                        ((plane - planes.begin) * d_.taps + i) * in_plane_ + r * in_cols_;
                    if (z < 0 || z >= sh_.in[0] || y < 0 || y >= sh_.in[1]) {
                        pack(nullptr, pixel, in_cols);
                        continue;
                    }
                    const T* const x =
                        x_ + ((image * sh_.in[0] + z) * sh_.in[1] + y) * sh_.in[2] * sh_.c +
                        (w0 + begin * w_step) * sh_.c + group * s_.from_group + c.begin;
                    pack(nullptr, pixel, begin);
                    pack(x, pixel + begin, end - begin);
                    pack(nullptr, pixel + end, in_cols - end);
                }
            }
        }
    }

    // Whether a tap lies within x for any of these outputs.
    static bool meets(const Axis& a, Range outputs, long tap, long size) {
        const long at = a.offset + tap * a.offset_step;
        return a.in_step * (outputs.end - 1) + at >= 0 && a.in_step * outputs.begin + at < size;
    }

    void multiply(long planes, Range rows, Range cols, bool first, Sums sums, Range c, Range o,
                  const T* x, const T* dy, bool packed) const {
        // One segment for each row of pixels, and one product for each tap or row of taps.
        const long h_tap = h_.offset_step * in_cols_, w_tap = w_.offset_step,
                   h_step = (h_.gathered() ? 1 : h_.in_step) * in_cols_,
                   w_step = w_.gathered() ? 1 : w_.in_step;
        long segments[kPixels + 1];
        const long unit = by_columns_ ? c.size() : 1;
        long count = 0;
        gemm::Block<T> b{};
        b.alpha = 1, b.beta = first ? 0 : 1;
        b.k = cols.size(), b.n = o.size(), b.b = dy, b.b_panels = packed, b.c_row = sums.row;
        b.b_row = sh_.o;
        for (long p = 0; p < planes; ++p) {
            for (long r = 0; r < rows.size(); ++r)
                segments[count++] = (p * d_.taps * in_plane_ + r * h_step) * unit;
        }
        b.segments = count, b.a_offset = segments;
        if (by_columns_) {
            b.m = w_.taps * c.size(), b.a_k = w_step * c.size(), b.a_row = 1;
        } else {
            b.m = c.size(), b.a = x, b.a_panels = true, b.a_depth = depth_, b.a_step = w_step;
        }
        long tap = 0;
        for (long i = 0; i < d_.taps; ++i) {
            for (long j = 0; j < h_.taps; ++j) {
                const long at = i * in_plane_ + j * h_tap;
                for (long l = 0; l < w_.taps; l += by_columns_ ? w_.taps : 1) {
                    b.c = sums.data + tap * sums.tap;
                    const bool met = meets(h_, rows, j, sh_.in[1]) &&
                                     (by_columns_ || meets(w_, cols, l, sh_.in[2]));
                    if (!met) {  // nothing but zeros
                        for (long row = 0; first && row < b.m; ++row)
                            std::fill_n(b.c + row * sums.row, o.size(), T(0));
                        tap += by_columns_ ? w_.taps : 1;
                        continue;
                    }
                    if (by_columns_) {
                        b.a = x + at * unit;
                        tap += w_.taps;
                    } else {
                        b.a_first = at + l * w_tap;
                        ++tap;
                    }
                    g_.block(b);
                }
            }
        }
    }

    // Sums to dw.
    void unpack(Sums sums, long group, Range c, Range o) const {
        const long stride = s_.from_group * taps_;
        f_.unpack_weight(
            {sums.data, sums.tap, sums.row, slices_, slice_, c.size(), o.size(), taps_,
             static_cast<T*>(a_.dw) + (group * s_.to_group + o.begin) * stride + c.begin * taps_,
             stride});
    }

    // After all slices: some channels at a time.
    long finish_cols() const { return ceil_div(s_.to_group, g_.blocking.nr); }
    long finish_rows() const { return ceil_div(s_.from_group, kUnpackRows); }
    long finish_chunks() const {
        return slices_ == 1 ? 1 : sh_.groups * finish_cols() * finish_rows();
    }
    void finish(long chunk) const {
        if (chunk == 0 && bias_ != nullptr)
            f_.column_sums(bias_, sh_.o, slices_, sh_.o, static_cast<T*>(a_.db), false);
        if (slices_ == 1) return;
        const long row = chunk % finish_rows() * kUnpackRows, part = chunk / finish_rows(),
                   col = part % finish_cols() * g_.blocking.nr, group = part / finish_cols();
        unpack({sums_ + (group * taps_ * s_.from_group + row) * o_stride_ + col,
                s_.from_group * o_stride_, o_stride_},
               group, {row, std::min(s_.from_group, row + kUnpackRows)},
               {col, std::min(s_.to_group, col + g_.blocking.nr)});
    }

    const WeightArgs& a_;
    const Shape& sh_;
    const Sides s_;
    const TypedKernels<T>& f_;
    const gemm::TypedKernels<T>& g_;
    const Axis d_, h_, w_;
    const T* const x_;
    const T* const dy_;
    const long taps_;
    const double cost_ns_;
    bool by_columns_ = false;
    long c_block_ = 0, c_blocks_ = 1, o_block_ = 0, o_blocks_ = 1, o_stride_ = 0;
    long planes_ = 1, rows_ = 1, cols_ = 1;  // of a block of pixels; planes of all images
    long plane_blocks_ = 1, row_blocks_ = 1, col_blocks_ = 1;
    long in_cols_ = 0, in_plane_ = 0;  // pixels of x
    long depth_ = 0;                   // pixels of a panel
    long x_size_ = 0, dy_size_ = 0;    // of local memory
    long slices_ = 1, slice_ = 0;
    T* sums_ = nullptr;
    T* bias_ = nullptr;
};

}  // namespace

template <class T>
void direct_weight(const WeightArgs& args) {
    Weight<T>(args).run();
}

double direct_weight_ns(const WeightArgs& args) {
    const Shape& s = args.shape;
    const auto n = [](long x) { return static_cast<double>(x); };
    return visit_float(args.dtype, [&]<class T>() {
        const gemm::Blocking& f = isa::table<gemm::TypedKernels<T>>().blocking;
        const double pixels = n(s.n) * n(s.out_size());
        const double weights = n(s.c) * n(s.o) / n(s.groups) * n(s.taps());
        // Few channels of x meet dy where it lies, others meet it packed.
        const bool in_place = s.c / s.groups <= kFewChannels && s.o / s.groups % f.width == 0;
        return weights * 0.5 +
               2 * pixels * n(s.taps()) * n(s.c) * n(round_up(s.o / s.groups, f.width)) /
                   (0.9 * f.flops_per_ns) +
               n(s.n) * n(s.in_size()) * n(s.c) * 0.2 + pixels * n(s.o) * (in_place ? 0.05 : 0.2);
    });
}

template <class T>
void bias_gradient(const WeightArgs& args) {
    constexpr long rows = 512;
    const long pixels = args.shape.n * args.shape.out_size(), cols = args.shape.o;
    const TypedKernels<T>& f = isa::table<TypedKernels<T>>();
    const T* const dy = static_cast<const T*>(args.dy);
    const long chunks = std::max(1L, std::min(ceil_div(pixels, rows), 64L));
    Scratch<T> sums(static_cast<std::size_t>(chunks * cols));
    parallel_for(chunks, 0.05 * static_cast<double>(pixels * cols / chunks), [&](long i) {
        const long begin = pixels * i / chunks, end = pixels * (i + 1) / chunks;
        f.column_sums(dy + begin * cols, cols, end - begin, cols, sums.data() + i * cols, false);
    });
    f.column_sums(sums.data(), cols, chunks, cols, static_cast<T*>(args.db), false);
}

template void direct_weight<float>(const WeightArgs&);
template void direct_weight<double>(const WeightArgs&);
template void bias_gradient<float>(const WeightArgs&);
template void bias_gradient<double>(const WeightArgs&);

}  // namespace fastnn::conv
