// Depthwise convolution, an algorithm with little arithmetic for each number read.
#include <algorithm>
#include <vector>

#include "core/integer.h"
#include "core/memory.h"
#include "core/parallel.h"
#include "ops/activation/activation.h"
#include "ops/conv/algorithms.h"
#include "ops/conv/axes.h"
#include "ops/conv/cost.h"
#include "ops/conv/depthwise/kernels.h"
#include "ops/conv/kernels.h"
#include "ops/conv/sums.h"

namespace fastnn::conv {
namespace {

constexpr double kSlices = 32;    // of pixels, whose weight gradients are added up at the end
constexpr dim_t kChannels = 256;  // at a time: sums of 9 taps are 9 KiB, in L1

// The kernels for groups of `size` channels, or null.
template <class T>
const DepthwiseRows<T>* depthwise_table(dim_t size) {
    const DepthwiseKernels<T>& all = isa::table<DepthwiseKernels<T>>();
    for (int i = 0; i < 4; ++i) {
        if (size == dim_t{1} << i && all.groups[i].outputs != nullptr) return &all.groups[i];
    }
    return nullptr;
}

// Rows of outputs that meet the same taps, of all depths and images.
template <class T>
class Rows {
 public:
    Rows(const Shape& shape, bool transposed, const Axis& d, const Axis& h, const Axis& w)
        : s_(shape, transposed),
          c_(shape.c),
          group_(shape.c / shape.groups),
          kernel_{shape.kernel[0], shape.kernel[1], shape.kernel[2]},
          d_(d),
          h_(h),
          w_(w),
          count_(shape.n * d.count * h.count) {
        row_.in_step = w.in_step, row_.offset = w.offset, row_.tap_step = w.offset_step;
        row_.taps = w.taps, row_.size = s_.from[2], row_.count = w.count;
        row_.channel_stride = c_, row_.y_step = w.step * c_;
        row_.w_channel = shape.taps() * c_;
        // Whole taps from the first output at or after 0 to the last one that ends inside.
        const dim_t reach = w.offset + (w.taps - 1) * w.offset_step;
        row_.begin =
            std::clamp(w.offset < 0 ? ceil_div(-w.offset, w.in_step) : 0, dim_t{0}, w.count);
        row_.end = reach < s_.from[2] ? (s_.from[2] - 1 - reach) / w.in_step + 1 : 0;
        row_.end = std::clamp(row_.end, row_.begin, w.count);
    }
    dim_t count() const { return count_; }
    dim_t kernel_rows() const { return d_.taps * h_.taps; }
    double row_ns() const {
        return cost::depthwise::kTap *
                   static_cast<double>(w_.count * c_ * w_.taps * kernel_rows() * group_) +
               50;
    }

    // Row number i. `x` and `w` have room for kernel_rows() pointers. Returns where its outputs
    // begin in `to`.
    DepthwiseRow<T> at(dim_t i, const T* from, T* weights, const T** x, T** w, dim_t& first) const {
        const dim_t u = i % h_.count, v = i / h_.count % d_.count, image = i / h_.count / d_.count;
        DepthwiseRow<T> row = row_;
        row.x = x, row.w = w, row.dw = w, row.w_step = w_.tap_step * c_;
        for (dim_t a = 0; a < d_.taps; ++a) {
            const dim_t z = d_.in_step * v + d_.offset + a * d_.offset_step;
            if (z < 0 || z >= s_.from[0]) continue;
            for (dim_t b = 0; b < h_.taps; ++b) {
                const dim_t y = h_.in_step * u + h_.offset + b * h_.offset_step;
                if (y < 0 || y >= s_.from[1]) continue;
                const dim_t tap =
                    ((d_.tap + a * d_.tap_step) * kernel_[1] + h_.tap + b * h_.tap_step) *
                        kernel_[2] +
                    w_.tap;
                x[row.rows] = from + ((image * s_.from[0] + z) * s_.from[1] + y) * s_.from[2] * c_;
                w[row.rows++] = weights + tap * c_;
            }
        }
        const dim_t ahead = h_.in_step * (u + 1) + h_.offset + (h_.taps - 1) * h_.offset_step;
        if (row.rows > 0 && ahead >= 0 && ahead < s_.from[1])
            row.ahead = x[row.rows - 1] + h_.in_step * s_.from[2] * c_;
        first = (((image * s_.to[0] + d_.first + d_.step * v) * s_.to[1] + h_.first + h_.step * u) *
                     s_.to[2] +
                 w_.first) *
                c_;
        return row;
    }

 private:
    Sides s_;
    dim_t c_, group_;
    dim_t kernel_[kAxes];
    Axis d_, h_, w_;
    dim_t count_;
    DepthwiseRow<T> row_{};
};

// (O, C / G, taps) to (C / G, taps, O), or where transposed, to (O / G, taps, C).
template <class T>
void transpose_weights(const Args& args, T* out) {
    const Shape& s = args.shape;
    const dim_t c = s.c, taps = s.taps(), group = c / s.groups;
    const T* const w = static_cast<const T*>(args.w);
    if (!args.transposed || group == 1)
        return isa::table<TypedKernels<T>>().transpose(w, group * taps, c, group * taps, out, c);
    for (dim_t g = 0; g < s.groups; ++g) {
        for (dim_t q = 0; q < group; ++q) {
            isa::table<TypedKernels<T>>().transpose(w + (g * group + q) * group * taps, taps, group,
                                                    taps, out + q * taps * c + g * group, c);
        }
    }
}

// Rows are done so many at a time.
template <class T>
class Depthwise final : public Plan<Args> {
 public:
    explicit Depthwise(const Args& args) {
        const Shape& s = args.shape;
        for (const Axis& d : axes_along(s, 0, args.transposed)) {
            for (const Axis& h : axes_along(s, 1, args.transposed)) {
                for (const Axis& w : axes_along(s, 2, args.transposed)) {
                    const Rows<T>& p = parts_.emplace_back(s, args.transposed, d, h, w);
                    outputs_ += d.count * h.count * w.count;
                    most_ = std::max(most_, p.kernel_rows());
                    rows_ += p.count();
                    ns += p.row_ns() * static_cast<double>(p.count());
                }
            }
        }
        if (rows_ == 0) return;
        together_ = std::max<dim_t>(
            1, static_cast<dim_t>(cost::depthwise::kChunk * static_cast<double>(rows_) / ns));
    }

    void run(const Args& args) const override {
        const Shape& s = args.shape;
        const dim_t group = s.c / s.groups;
        if (outputs_ < (args.transposed ? s.in_size() : s.out_size())) fill_empty_sums<T>(args);
        if (rows_ == 0) return;
        const dim_t chunks = ceil_div(rows_, together_);
        const int threads = threads_worth(chunks, ns);
        Scratch<T> weights(static_cast<std::size_t>(group * s.taps() * s.c));
        transpose_weights(args, weights.data());
        const auto room = static_cast<std::size_t>(most_);
        std::vector<const T*> x(room * static_cast<std::size_t>(threads));
        std::vector<T*> w(x.size());
        const DepthwiseRows<T>& f = *depthwise_table<T>(group);
        parallel_team(threads, [&](Team& team) {
            const std::size_t mine = room * static_cast<std::size_t>(team.thread());
            team.for_each_nowait(chunks, [&](dim_t i) {
                chunk(args, f, i, weights.data(), x.data() + mine, w.data() + mine);
            });
        });
    }

 private:
    void chunk(const Args& args, const DepthwiseRows<T>& f, dim_t number, T* weights, const T** x,
               T** w) const {
        const Epilogue<T> e = args.epilogue.as<T>();
        T* const y = static_cast<T*>(args.to);
        dim_t i = number * together_, before = 0;
        const dim_t end = std::min(rows_, i + together_);
        for (std::size_t p = 0; i < end; ++p) {
            const dim_t here = parts_[p].count();
            for (; i < end && i < before + here; ++i) {
                dim_t at = 0;
                DepthwiseRow<T> row =
                    parts_[p].at(i - before, static_cast<const T*>(args.from), weights, x, w, at);
                row.channels = args.shape.c;
                row.y = e.out(y) + at;
                row.epilogue = e;
                if (e.residual != nullptr) row.epilogue.residual += at;
                row.plain = !e.relu_in_registers() && e.bias == nullptr && e.residual == nullptr;
                f.outputs(row);
                activation::finish(e, y, at, row.y_step, row.count, row.channels);
            }
            before += here;
        }
    }

    std::vector<Rows<T>> parts_;
    dim_t outputs_ = 0, rows_ = 0;  // of one image; of all parts
    dim_t most_ = 1;                // rows of the kernel that a part meets
    dim_t together_ = 1;            // rows of a chunk
};

// Slices of the rows have sums of their own, which are added up in order.
template <class T>
class DepthwiseWeight final : public Plan<WeightArgs> {
 public:
    explicit DepthwiseWeight(const WeightArgs& args)
        : rows_(args.shape, false, forward_axis(args.shape, 0), forward_axis(args.shape, 1),
                forward_axis(args.shape, 2)),
          c_(args.shape.c),
          group_(c_ / args.shape.groups),
          taps_(args.shape.taps()),
          size_(group_ * taps_ * c_) {
        ns = rows_.row_ns() * static_cast<double>(rows_.count());
        slices_ = std::clamp(static_cast<dim_t>(std::min(ns / cost::depthwise::kChunk, kSlices)),
                             dim_t{1}, std::max<dim_t>(1, rows_.count()));
    }

    void run(const WeightArgs& args) const override {
        const int threads = threads_worth(slices_, ns);
        Scratch<T> sums(static_cast<std::size_t>(slices_ * (size_ + c_)));
        const auto room = static_cast<std::size_t>(rows_.kernel_rows());
        std::vector<const T*> x(room * static_cast<std::size_t>(threads));
        std::vector<T*> w(x.size());
        parallel_team(threads, [&](Team& team) {
            const std::size_t mine = room * static_cast<std::size_t>(team.thread());
            team.for_each_nowait(slices_, [&](dim_t i) {
                slice(args, i, sums.data(), x.data() + mine, w.data() + mine);
            });
        });
        const TypedKernels<T>& g = isa::table<TypedKernels<T>>();
        g.unpack_weight({sums.data(), c_, taps_ * c_, slices_, size_, group_, c_, taps_,
                         static_cast<T*>(args.dw), group_ * taps_});
        if (args.db != nullptr) {
            g.column_sums(sums.data() + slices_ * size_, c_, slices_, c_, static_cast<T*>(args.db),
                          false);
        }
    }

 private:
    void slice(const WeightArgs& args, dim_t number, T* sums, const T** x, T** w) const {
        const dim_t together = std::max(kChannels / group_, dim_t{64});  // channels
        const DepthwiseRows<T>& f = *depthwise_table<T>(group_);
        const TypedKernels<T>& g = isa::table<TypedKernels<T>>();
        T* const mine = sums + number * size_;
        T* const bias = sums + slices_ * size_ + number * c_;
        std::fill_n(mine, size_, T(0));
        const dim_t begin = rows_.count() * number / slices_,
                    end = rows_.count() * (number + 1) / slices_;
        for (dim_t j = 0; j < c_; j += together) {
            const dim_t channels = std::min(together, c_ - j);
            for (dim_t i = begin; i < end; ++i) {
                dim_t at = 0;
                DepthwiseRow<T> row =
                    rows_.at(i, static_cast<const T*>(args.x) + j, mine + j, x, w, at);
                row.channels = channels;
                row.dy = static_cast<const T*>(args.dy) + at + j;
                f.weights(row);
                if (args.db != nullptr)
                    g.column_sums(row.dy, c_, row.count, channels, bias + j, i > begin);
            }
        }
    }

    Rows<T> rows_;
    dim_t c_, group_, taps_, size_;  // size_: elements of dw
    dim_t slices_ = 1;
};

bool fits(Dtype dtype, const Shape& shape) {
    if (shape.groups < 2 || shape.o != shape.c) return false;
    return visit_float(
        dtype, [&]<class T>() { return depthwise_table<T>(shape.c / shape.groups) != nullptr; });
}

}  // namespace

bool depthwise_fits(const Args& args) {
    return fits(args.dtype, args.shape);
}

bool depthwise_fits(const WeightArgs& args) {
    return fits(args.dtype, args.shape);
}

PlanPointer<Args> plan_depthwise(const Args& args) {
    return visit_float(args.dtype, [&]<class T>() -> PlanPointer<Args> {
        return std::make_unique<Depthwise<T>>(args);
    });
}

PlanPointer<WeightArgs> plan_depthwise(const WeightArgs& args) {
    return visit_float(args.dtype, [&]<class T>() -> PlanPointer<WeightArgs> {
        return std::make_unique<DepthwiseWeight<T>>(args);
    });
}

}  // namespace fastnn::conv
