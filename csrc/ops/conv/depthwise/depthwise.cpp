#include "ops/conv/depthwise/depthwise.h"

#include <algorithm>
#include <vector>

#include "core/memory.h"
#include "core/parallel.h"
#include "ops/conv/implicit_gemm/implicit_gemm.h"
#include "ops/conv/implicit_gemm/products.h"

namespace fastnn::conv {
namespace {

constexpr double kChunkNs = 10000;
constexpr double kSlices = 32;      // of pixels, whose weight gradients are added up at the end
constexpr long kChannels = 256;     // at a time: sums of 9 taps are 9 KiB, in L1
constexpr double kOutputNs = 0.03;  // of one tap and channel

// The kernels for groups of `size` channels, or null.
template <class T>
const DepthwiseRows<T>* depthwise_table(long size) {
    const DepthwiseKernels<T>& all = isa::table<DepthwiseKernels<T>>();
    for (int i = 0; i < 4; ++i) {
        if (size == 1L << i && all.groups[i].outputs != nullptr) return &all.groups[i];
    }
    return nullptr;
}

// Rows of outputs of one product (see windows.h), all depths and images.
template <class T>
class Rows {
 public:
    Rows(const Shape& shape, bool transposed, const Axis& d, const Axis& h, const Axis& w)
        : s_(shape, transposed),
          c_(shape.c),
          group_(shape.c / shape.groups),
          kernel_(shape.kernel),
          d_(d),
          h_(h),
          w_(w),
          count_(shape.n * d.count * h.count) {
        row_.in_step = w.in_step, row_.offset = w.offset, row_.tap_step = w.offset_step;
        row_.taps = w.taps, row_.size = s_.from[2], row_.count = w.count;
        row_.channel_stride = c_, row_.y_step = w.step * c_;
        row_.w_channel = shape.taps() * c_;
        // Whole taps from the first output at or after 0 to the last one that ends inside.
        const long reach = w.offset + (w.taps - 1) * w.offset_step;
        row_.begin = std::clamp(w.offset < 0 ? ceil_div(-w.offset, w.in_step) : 0, 0L, w.count);
        row_.end = reach < s_.from[2] ? (s_.from[2] - 1 - reach) / w.in_step + 1 : 0;
        row_.end = std::clamp(row_.end, row_.begin, w.count);
    }
    long count() const { return count_; }
    long kernel_rows() const { return d_.taps * h_.taps; }
    double row_ns() const {
        return kOutputNs * static_cast<double>(w_.count * c_ * w_.taps * kernel_rows() * group_) +
               50;
    }

    // Row number i. `x` and `w` have room for kernel_rows() pointers. Returns where its outputs
    // begin in `to`.
    DepthwiseRow<T> at(long i, const T* from, T* weights, const T** x, T** w, long& first) const {
        const long u = i % h_.count, v = i / h_.count % d_.count, image = i / h_.count / d_.count;
        DepthwiseRow<T> row = row_;
        row.x = x, row.w = w, row.dw = w, row.w_step = w_.tap_step * c_;
        for (long a = 0; a < d_.taps; ++a) {
            const long z = d_.in_step * v + d_.offset + a * d_.offset_step;
            if (z < 0 || z >= s_.from[0]) continue;
            for (long b = 0; b < h_.taps; ++b) {
                const long y = h_.in_step * u + h_.offset + b * h_.offset_step;
                if (y < 0 || y >= s_.from[1]) continue;
                const long tap =
                    ((d_.tap + a * d_.tap_step) * kernel_[1] + h_.tap + b * h_.tap_step) *
                        kernel_[2] +
                    w_.tap;
                x[row.rows] = from + ((image * s_.from[0] + z) * s_.from[1] + y) * s_.from[2] * c_;
                w[row.rows++] = weights + tap * c_;
            }
        }
        const long ahead = h_.in_step * (u + 1) + h_.offset + (h_.taps - 1) * h_.offset_step;
        if (row.rows > 0 && ahead >= 0 && ahead < s_.from[1])
            row.ahead = x[row.rows - 1] + h_.in_step * s_.from[2] * c_;
        first = (((image * s_.to[0] + d_.first + d_.step * v) * s_.to[1] + h_.first + h_.step * u) *
                     s_.to[2] +
                 w_.first) *
                c_;
        return row;
    }

 private:
    const Sides s_;
    const long c_, group_;
    const long* const kernel_;
    const Axis d_, h_, w_;
    const long count_;
    DepthwiseRow<T> row_{};
};

// (O, C / G, taps) to (C / G, taps, O), or where transposed, to (O / G, taps, C).
template <class T>
void turn_weights(const Args& args, T* out) {
    const Shape& s = args.shape;
    const long c = s.c, taps = s.taps(), group = c / s.groups;
    const T* const w = static_cast<const T*>(args.w);
    if (!args.transposed || group == 1)
        return isa::table<TypedKernels<T>>().transpose(w, group * taps, c, group * taps, out, c);
    for (long g = 0; g < s.groups; ++g) {
        for (long q = 0; q < group; ++q) {
            isa::table<TypedKernels<T>>().transpose(w + (g * group + q) * group * taps, taps, group,
                                                    taps, out + q * taps * c + g * group, c);
        }
    }
}

}  // namespace

bool is_depthwise(Dtype dtype, const Shape& shape) {
    if (shape.groups < 2 || shape.o != shape.c) return false;
    return visit_float(
        dtype, [&]<class T>() { return depthwise_table<T>(shape.c / shape.groups) != nullptr; });
}

template <class T>
void depthwise(const Args& args) {
    const Shape& s = args.shape;
    const long c = s.c, group = c / s.groups;
    std::vector<Rows<T>> products;
    long outputs = 0, most = 1;
    double ns = 0;
    for (const Axis& d : products_along(s, 0, args.transposed)) {
        for (const Axis& h : products_along(s, 1, args.transposed)) {
            for (const Axis& w : products_along(s, 2, args.transposed)) {
                products.emplace_back(s, args.transposed, d, h, w);
                outputs += d.count * h.count * w.count;
                most = std::max(most, products.back().kernel_rows());
                ns += products.back().row_ns() * static_cast<double>(products.back().count());
            }
        }
    }
    if (outputs < (args.transposed ? s.in_size() : s.out_size())) fill<T>(args);
    if (products.empty()) return;
    long rows = 0;
    for (const Rows<T>& p : products) rows += p.count();
    const long together =
        std::max(1L, static_cast<long>(kChunkNs * static_cast<double>(rows) / ns));
    const long chunks = ceil_div(rows, together);
    const int threads = threads_worth(chunks, ns);
    Scratch<T> weights(static_cast<std::size_t>(group * s.taps() * c));
    turn_weights(args, weights.data());
    const auto room = static_cast<std::size_t>(most);
    std::vector<const T*> x(room * static_cast<std::size_t>(threads));
    std::vector<T*> w(x.size());
    const DepthwiseRows<T>& f = *depthwise_table<T>(group);
    const auto run = [&](long chunk, std::size_t thread) {
        long i = chunk * together;
        const long end = std::min(rows, i + together);
        for (std::size_t p = 0, first = 0; i < end; ++p) {
            const long before = static_cast<long>(first), here = products[p].count();
            for (; i < end && i < before + here; ++i) {
                long at = 0;
                DepthwiseRow<T> row =
                    products[p].at(i - before, static_cast<const T*>(args.from), weights.data(),
                                   x.data() + thread * room, w.data() + thread * room, at);
                row.channels = c;
                row.y = static_cast<T*>(args.to) + at;
                row.bias = static_cast<const T*>(args.bias);
                if (args.residual != nullptr)
                    row.residual = static_cast<const T*>(args.residual) + at;
                row.relu = args.relu();
                row.plain = !args.relu() && args.bias == nullptr && args.residual == nullptr;
                f.outputs(row);
            }
            first += static_cast<std::size_t>(here);
        }
    };
    parallel_ranges(threads, chunks, ns, [&](Team& team, long begin, long end) {
        team.for_each_nowait(
            end - begin, [&](long i) { run(begin + i, static_cast<std::size_t>(team.thread())); });
    });
}

template <class T>
void depthwise_weight(const WeightArgs& args) {
    const Shape& s = args.shape;
    const long c = s.c, taps = s.taps(), group = c / s.groups, size = group * taps * c;
    const long together = std::max(kChannels / group, 64L);  // channels
    const Rows<T> rows(s, false, products_along(s, 0, false)[0], products_along(s, 1, false)[0],
                       products_along(s, 2, false)[0]);
    const double ns = rows.row_ns() * static_cast<double>(rows.count());
    const long slices =
        std::clamp(static_cast<long>(std::min(ns / kChunkNs, kSlices)), 1L, rows.count());
    const int threads = threads_worth(slices, ns);
    Scratch<T> sums(static_cast<std::size_t>(slices * (size + c)));
    T* const bias = sums.data() + slices * size;
    const auto room = static_cast<std::size_t>(rows.kernel_rows());
    std::vector<const T*> x(room * static_cast<std::size_t>(threads));
    std::vector<T*> w(x.size());
    const DepthwiseRows<T>& f = *depthwise_table<T>(group);
    const TypedKernels<T>& g = isa::table<TypedKernels<T>>();
    const auto slice = [&](long number, std::size_t thread) {
        T* const mine = sums.data() + number * size;
        std::fill_n(mine, size, T(0));
        const long begin = rows.count() * number / slices,
                   end = rows.count() * (number + 1) / slices;
        for (long j = 0; j < c; j += together) {
            const long channels = std::min(together, c - j);
            for (long i = begin; i < end; ++i) {
                long at = 0;
                DepthwiseRow<T> row =
                    rows.at(i, static_cast<const T*>(args.x) + j, mine + j,
                            x.data() + thread * room, w.data() + thread * room, at);
                row.channels = channels;
                row.dy = static_cast<const T*>(args.dy) + at + j;
                f.weights(row);
                if (args.db != nullptr)
                    g.column_sums(row.dy, c, row.count, channels, bias + number * c + j, i > begin);
            }
        }
    };
    parallel_ranges(threads, slices, ns, [&](Team& team, long begin, long end) {
        team.for_each_nowait(end - begin, [&](long i) {
            slice(begin + i, static_cast<std::size_t>(team.thread()));
        });
    });
    g.unpack_weight({sums.data(), c, taps * c, slices, size, group, c, taps,
                     static_cast<T*>(args.dw), group * taps});
    if (args.db != nullptr) g.column_sums(bias, c, slices, c, static_cast<T*>(args.db), false);
}

template void depthwise<float>(const Args&);
template void depthwise<double>(const Args&);
template void depthwise_weight<float>(const WeightArgs&);
template void depthwise_weight<double>(const WeightArgs&);

}  // namespace fastnn::conv
