// Weight gradient: for each tap of the kernel, dw (C x O) = X^T dY over all pixels.
//
// Rows of the product are channels of x, packed in panels of A a few rows of the image at a time,
// with zeros around: a tap is then an offset into the panels. dy is packed in panels of B. Where x
// has few channels, the rows are the channels of all taps of a row of the kernel, which lie side by
// side in x.
#include <algorithm>

#include "core/integer.h"
#include "core/memory.h"
#include "core/parallel.h"
#include "ops/conv/cost.h"
#include "ops/conv/implicit_gemm/implicit_gemm.h"
#include "ops/conv/implicit_gemm/weight_layout.h"
#include "ops/conv/kernels.h"
#include "ops/conv/sums.h"
#include "ops/gemm/gemm.h"

namespace fastnn::conv {
namespace {

constexpr dim_t kUnpackRows = 64;

struct Range {
    dim_t begin, end;
    dim_t size() const { return end - begin; }
};

// Outputs that are summed over at a time.
struct PixelBlock {
    Range planes, rows, cols;  // planes of all images
};

// The part of x that a block of pixels meets, with zeros where it reaches beyond.
template <class T>
void pack_input(const WeightLayout& l, const T* x, const PixelBlock& block, dim_t group, Range c,
                T* out) {
    const auto& [planes, rows, cols] = block;
    const Shape& s = l.shape;
    const TypedKernels<T>& f = isa::table<TypedKernels<T>>();
    const dim_t h0 = l.h.in_step * rows.begin + l.h.offset,
                h_step = l.h.gathered() ? l.h.in_step : 1;
    const dim_t w0 = l.w.in_step * cols.begin + l.w.offset,
                w_step = l.w.gathered() ? l.w.in_step : 1;
    const dim_t in_rows = l.h.extent(rows.size()), in_cols = l.w.extent(cols.size());
    const dim_t begin = std::clamp(w0 < 0 ? ceil_div(-w0, w_step) : 0, dim_t{0}, in_cols);
    const dim_t end = std::clamp(s.in[2] > w0 ? ceil_div(s.in[2] - w0, w_step) : 0, begin, in_cols);
    PackPixels<T> p{};
    p.step = w_step * s.c, p.channels = c.size(),
    p.mr = l.by_columns ? c.size() : isa::table<gemm::TypedKernels<T>>().blocking.mr;
    p.panels = out, p.depth = l.depth;
    const auto pack = [&](const T* begins, dim_t pixel, dim_t pixels) {
        p.x = begins, p.first = pixel, p.pixels = pixels;
        if (pixels > 0) f.pack_pixels(p);
    };
    for (dim_t plane = planes.begin; plane < planes.end; ++plane) {
        const dim_t image = plane / s.out[0];
        for (dim_t i = 0; i < l.d.taps; ++i) {
            const dim_t z = l.d.in_step * (plane % s.out[0]) + l.d.offset + i * l.d.offset_step;
            for (dim_t r = 0; r < in_rows; ++r) {
                const dim_t y = h0 + r * h_step;
                const dim_t pixel =
                    ((plane - planes.begin) * l.d.taps + i) * l.in_plane + r * l.in_cols;
                if (z < 0 || z >= s.in[0] || y < 0 || y >= s.in[1]) {
                    pack(nullptr, pixel, in_cols);
                    continue;
                }
                const T* const from = x + ((image * s.in[0] + z) * s.in[1] + y) * s.in[2] * s.c +
                                      (w0 + begin * w_step) * s.c + group * l.sides.from_group +
                                      c.begin;
                pack(nullptr, pixel, begin);
                pack(from, pixel + begin, end - begin);
                pack(nullptr, pixel + end, in_cols - end);
            }
        }
    }
}

template <class T>
class Weight {
    struct Sums {
        T* data;
        dim_t tap, row;  // strides
    };

 public:
    Weight(const WeightArgs& args, const WeightLayout& layout)
        : a_(args),
          l_(layout),
          sh_(layout.shape),
          s_(layout.sides),
          f_(isa::table<TypedKernels<T>>()),
          g_(isa::table<gemm::TypedKernels<T>>()),
          x_(static_cast<const T*>(args.x)),
          dy_(static_cast<const T*>(args.dy)) {}

    void run() {
        const dim_t chunks = l_.chunks();
        const int threads = threads_worth(chunks, l_.ns);
        const bool alone = l_.slices == 1;
        const auto local_size = static_cast<std::size_t>(
            l_.x_size + l_.dy_size + (alone ? l_.taps * l_.c_block * l_.o_block : 0) + 16);
        Scratch<T> local(local_size * static_cast<std::size_t>(threads));
        Scratch<T> sums(alone ? 0 : static_cast<std::size_t>(l_.slice_size * l_.slices));
        Scratch<T> bias(a_.db == nullptr ? 0 : static_cast<std::size_t>(sh_.o * l_.slices));
        sums_ = sums.data(), bias_ = a_.db == nullptr ? nullptr : bias.data();
        parallel_team(threads, [&](Team& team) {
            T* const mine = local.data() + local_size * static_cast<std::size_t>(team.thread());
            team.for_each(chunks, [&](dim_t i) { chunk(i, mine); });
            team.for_each_nowait(finish_chunks(), [&](dim_t i) { finish(i); });
        });
    }

 private:
    void chunk(dim_t index, T* local) const {
        const auto next = [&](dim_t size) {
            const dim_t i = index % size;
            index /= size;
            return i;
        };
        const dim_t ob = next(l_.o_blocks) * l_.o_block, cb = next(l_.c_blocks) * l_.c_block;
        const dim_t slice = next(l_.slices), group = index;
        const Range o{ob, std::min(s_.to_group, ob + l_.o_block)};
        const Range c{cb, std::min(s_.from_group, cb + l_.c_block)};
        const dim_t blocks = l_.pixel_blocks();
        const dim_t first = blocks * slice / l_.slices, end = blocks * (slice + 1) / l_.slices;
        // With one slice, sums stay in local memory and are stored to dw directly.
        const bool alone = l_.slices == 1;
        Sums sums{local + l_.x_size + l_.dy_size, l_.c_block * l_.o_block, l_.o_block};
        if (!alone) {
            sums = {sums_ + slice * l_.slice_size +
                        (group * l_.taps * s_.from_group + cb) * l_.o_stride + ob,
                    s_.from_group * l_.o_stride, l_.o_stride};
        }
        for (dim_t block = first; block < end; ++block)
            pixels(block, block == first, slice, group, c, o, local, local + l_.x_size, sums);
        if (alone) unpack(sums, group, c, o);
    }

    // Adds what one block of pixels gives.
    void pixels(dim_t block, bool first, dim_t slice, dim_t group, Range c, Range o, T* x, T* dy,
                Sums sums) const {
        const dim_t col = block % l_.col_blocks * l_.cols,
                    row = block / l_.col_blocks % l_.row_blocks * l_.rows,
                    plane = block / l_.col_blocks / l_.row_blocks * l_.planes;
        const Range cols{col, std::min(sh_.out[2], col + l_.cols)},
            rows{row, std::min(sh_.out[1], row + l_.rows)},
            planes{plane, std::min(sh_.n * sh_.out[0], plane + l_.planes)};
        const dim_t count = planes.size() * rows.size() * cols.size();
        const T* const from = dy_ + ((plane * sh_.out[1] + row) * sh_.out[2] + col) * sh_.o +
                              group * s_.to_group + o.begin;
        // A single row of tiles reads dy no more often than packing would.
        const bool in_place = l_.by_columns && o.size() % g_.blocking.width == 0;
        if (!in_place) g_.pack_b(from, sh_.o, 1, count, o.size(), dy);
        if (c.begin == 0 && bias_ != nullptr) {
            f_.column_sums(from, sh_.o, count, o.size(),
                           bias_ + slice * sh_.o + group * s_.to_group + o.begin, !first);
        }
        pack_input(l_, x_, {planes, rows, cols}, group, c, x);
        multiply(planes.size(), rows, cols, first, sums, c, o, x, in_place ? from : dy, !in_place);
    }

    // Whether a tap lies within x for any of these outputs.
    static bool meets(const Axis& a, Range outputs, dim_t tap, dim_t size) {
        const dim_t at = a.offset + tap * a.offset_step;
        return a.in_step * (outputs.end - 1) + at >= 0 && a.in_step * outputs.begin + at < size;
    }

    void multiply(dim_t planes, Range rows, Range cols, bool first, Sums sums, Range c, Range o,
                  const T* x, const T* dy, bool packed) const {
        // One segment for each row of pixels, and one product for each tap or row of taps.
        const dim_t h_tap = l_.h.offset_step * l_.in_cols, w_tap = l_.w.offset_step,
                    h_step = (l_.h.gathered() ? 1 : l_.h.in_step) * l_.in_cols,
                    w_step = l_.w.gathered() ? 1 : l_.w.in_step;
        dim_t segments[WeightLayout::kPixels + 1];
        const dim_t unit = l_.by_columns ? c.size() : 1;
        dim_t count = 0;
        gemm::Block<T> b{};
        b.alpha = 1, b.beta = first ? 0 : 1;
        b.k = cols.size(), b.n = o.size(), b.b = dy, b.b_panels = packed, b.c_row = sums.row;
        b.b_row = sh_.o;
        for (dim_t p = 0; p < planes; ++p) {
            for (dim_t r = 0; r < rows.size(); ++r)
                segments[count++] = (p * l_.d.taps * l_.in_plane + r * h_step) * unit;
        }
        b.segments = count, b.a_offset = segments;
        if (l_.by_columns) {
            b.m = l_.w.taps * c.size(), b.a_k = w_step * c.size(), b.a_row = 1;
        } else {
            b.m = c.size(), b.a = x, b.a_panels = true, b.a_depth = l_.depth, b.a_step = w_step;
        }
        dim_t tap = 0;
        for (dim_t i = 0; i < l_.d.taps; ++i) {
            for (dim_t j = 0; j < l_.h.taps; ++j) {
                const dim_t at = i * l_.in_plane + j * h_tap;
                for (dim_t l = 0; l < l_.w.taps; l += l_.by_columns ? l_.w.taps : 1) {
                    b.c = sums.data + tap * sums.tap;
                    const bool met = meets(l_.h, rows, j, sh_.in[1]) &&
                                     (l_.by_columns || meets(l_.w, cols, l, sh_.in[2]));
                    if (!met) {  // nothing but zeros
                        for (dim_t row = 0; first && row < b.m; ++row)
                            std::fill_n(b.c + row * sums.row, o.size(), T(0));
                        tap += l_.by_columns ? l_.w.taps : 1;
                        continue;
                    }
                    if (l_.by_columns) {
                        b.a = x + at * unit;
                        tap += l_.w.taps;
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
    void unpack(Sums sums, dim_t group, Range c, Range o) const {
        const dim_t stride = s_.from_group * l_.taps;
        f_.unpack_weight(
            {sums.data, sums.tap, sums.row, l_.slices, l_.slice_size, c.size(), o.size(), l_.taps,
             static_cast<T*>(a_.dw) + (group * s_.to_group + o.begin) * stride + c.begin * l_.taps,
             stride});
    }

    // After all slices: some channels at a time.
    dim_t finish_cols() const { return ceil_div(s_.to_group, g_.blocking.nr); }
    dim_t finish_rows() const { return ceil_div(s_.from_group, kUnpackRows); }
    dim_t finish_chunks() const {
        return l_.slices == 1 ? 1 : sh_.groups * finish_cols() * finish_rows();
    }
    void finish(dim_t chunk) const {
        if (chunk == 0 && bias_ != nullptr)
            f_.column_sums(bias_, sh_.o, l_.slices, sh_.o, static_cast<T*>(a_.db), false);
        if (l_.slices == 1) return;
        const dim_t row = chunk % finish_rows() * kUnpackRows, part = chunk / finish_rows(),
                    col = part % finish_cols() * g_.blocking.nr, group = part / finish_cols();
        unpack({sums_ + (group * l_.taps * s_.from_group + row) * l_.o_stride + col,
                s_.from_group * l_.o_stride, l_.o_stride},
               group, {row, std::min(s_.from_group, row + kUnpackRows)},
               {col, std::min(s_.to_group, col + g_.blocking.nr)});
    }

    const WeightArgs& a_;
    const WeightLayout& l_;
    const Shape& sh_;
    const Sides& s_;
    const TypedKernels<T>& f_;
    const gemm::TypedKernels<T>& g_;
    const T* const x_;
    const T* const dy_;
    T* sums_ = nullptr;
    T* bias_ = nullptr;
};

double cost_ns(const WeightArgs& args) {
    const Shape& s = args.shape;
    const auto n = [](dim_t x) { return static_cast<double>(x); };
    return visit_float(args.dtype, [&]<class T>() {
        const gemm::Blocking& f = isa::table<gemm::TypedKernels<T>>().blocking;
        const double pixels = n(s.n) * n(s.out_size());
        const double weights = n(s.c) * n(s.o) / n(s.groups) * n(s.taps());
        // dy is read in place where x has few channels, and packed elsewhere.
        const bool in_place = s.c / s.groups <= kFewChannels && s.o / s.groups % f.width == 0;
        return weights * cost::implicit_gemm::kUnpack +
               2 * pixels * n(s.taps()) * n(s.c) * n(round_up(s.o / s.groups, f.width)) /
                   (cost::implicit_gemm::kRoof * f.flops_per_ns) +
               n(s.n) * n(s.in_size()) * n(s.c) * cost::implicit_gemm::kPixel +
               pixels * n(s.o) *
                   (in_place ? cost::implicit_gemm::kInPlace : cost::implicit_gemm::kPixel);
    });
}

}  // namespace

ImplicitGemmWeight::ImplicitGemmWeight(const WeightArgs& args) {
    ns = cost_ns(args);
}

void ImplicitGemmWeight::run(const WeightArgs& args) const {
    visit_float(args.dtype, [&]<class T>() {
        const WeightLayout layout(args.shape, ns, isa::table<gemm::TypedKernels<T>>().blocking,
                                  sizeof(T));
        Weight<T>(args, layout).run();
    });
}

PlanPointer<WeightArgs> plan_implicit_gemm(const WeightArgs& args) {
    return std::make_unique<ImplicitGemmWeight>(args);
}

}  // namespace fastnn::conv
