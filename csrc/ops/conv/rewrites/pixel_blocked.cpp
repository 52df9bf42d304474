// Few channels of `to`: their vectors would be mostly empty. A block of neighbouring pixels is
// computed as one pixel of all their channels, by a convolution with the taps that any of them
// meets, and zeros for those that only others meet.
#include <algorithm>
#include <optional>

#include "core/integer.h"
#include "core/memory.h"
#include "core/parallel.h"
#include "ops/conv/algorithms.h"
#include "ops/conv/cost.h"
#include "ops/conv/implicit_gemm/implicit_gemm.h"
#include "ops/conv/kernels.h"
#include "ops/gemm/gemm.h"

namespace fastnn::conv {
namespace {

constexpr dim_t kMostTimes = 8;       // strides of pixels along an axis
constexpr dim_t kMost = 64;           // of kernel, dilation, stride and padding
constexpr double kWorthwhile = 0.75;  // of the time without

// One axis: `pixels` of `to` meet with tap t the element number step * block + first + t of `from`.
struct BlockAxis {
    dim_t pixels, blocks, step, first, taps;
};

BlockAxis block_along(const Shape& s, int a, bool transposed, dim_t times) {
    const dim_t reach = (s.kernel[a] - 1) * s.dilation[a], stride = s.stride[a], pad = s.pad[a];
    const auto floor_div = [](dim_t x, dim_t y) { return x < 0 ? -ceil_div(-x, y) : x / y; };
    BlockAxis b{};
    if (transposed) {
        b.pixels = times * stride, b.step = times;
        b.first = -floor_div(reach - pad, stride);
        b.taps = floor_div(b.pixels - 1 + pad, stride) - b.first + 1;
        b.blocks = ceil_div(s.in[a], b.pixels);
    } else {
        b.pixels = times, b.step = times * stride;
        b.first = -pad;
        b.taps = (times - 1) * stride + reach + 1;
        b.blocks = ceil_div(s.out[a], b.pixels);
    }
    return b;
}

// The tap of the kernel by which pixel p of a block meets what its tap t meets, or -1.
dim_t tap_of(const Shape& s, int a, bool transposed, const BlockAxis& b, dim_t p, dim_t t) {
    const dim_t distance =
        transposed ? p + s.pad[a] - s.stride[a] * (b.first + t) : t - p * s.stride[a];
    if (distance < 0 || distance % s.dilation[a] != 0) return -1;
    const dim_t k = distance / s.dilation[a];
    return k < s.kernel[a] ? k : -1;
}

struct Blocks {
    BlockAxis axis[kAxes];
    dim_t pixels() const { return axis[0].pixels * axis[1].pixels * axis[2].pixels; }
};

// The convolution that makes blocks.
Args merged(const Args& args, const Blocks& b) {
    const Shape& s = args.shape;
    Args all = args;
    all.cache = nullptr;  // these are weights of another shape
    all.transposed = false;
    all.shape.c = args.transposed ? s.o : s.c;
    all.shape.o = (args.transposed ? s.c : s.o) * b.pixels();
    for (int a = 0; a < kAxes; ++a) {
        all.shape.in[a] = args.transposed ? s.out[a] : s.in[a];
        all.shape.out[a] = b.axis[a].blocks;
        all.shape.kernel[a] = b.axis[a].taps;
        all.shape.stride[a] = b.axis[a].step;
        all.shape.dilation[a] = 1;
        all.shape.pad[a] = -b.axis[a].first;
    }
    return all;
}

dim_t vector_width(Dtype dtype) {
    return visit_float(
        dtype, []<class T>() { return isa::table<gemm::TypedKernels<T>>().blocking.width; });
}

// The blocks with the least arithmetic, if it is less than without.
std::optional<Blocks> find_blocks(const Args& args) {
    const Shape& s = args.shape;
    const bool transposed = args.transposed;
    const dim_t to = transposed ? s.c : s.o, width = vector_width(args.dtype);
    const dim_t* const sizes = transposed ? s.in : s.out;
    // Products of whole vectors.
    const auto n = [](dim_t x) { return static_cast<double>(x); };
    double least = n(width);
    for (int a = 0; a < kAxes; ++a)
        least *= n(sizes[a]) * n(s.kernel[a]) / (transposed ? n(s.stride[a]) : 1);
    least *= kWorthwhile;
    std::optional<Blocks> found;
    Blocks b{};
    b.axis[0] = block_along(s, 0, transposed, 1);
    for (dim_t i = 1; i <= std::min(kMostTimes, sizes[1]); ++i) {
        b.axis[1] = block_along(s, 1, transposed, i);
        for (dim_t j = 1; j <= std::min(kMostTimes, sizes[2]); ++j) {
            b.axis[2] = block_along(s, 2, transposed, j);
            double products = n(round_up(to * b.pixels(), width));
            for (const BlockAxis& a : b.axis) products *= n(a.blocks) * n(a.taps);
            if (products < least) least = products, found = b;
        }
    }
    return found;
}

template <class T>
class Executor {
 public:
    Executor(const Args& args, const Blocks& blocks)
        : a_(args),
          s_(args.shape, args.transposed),
          b_(blocks),
          row_(blocks.axis[2].pixels * s_.to_channels),
          all_(merged(args, blocks)) {}

    void run(const ImplicitGemm& plan) {
        const dim_t count = all_.shape.o * all_.shape.c * all_.shape.taps();
        Scratch<T> w(static_cast<std::size_t>(count)), bias(static_cast<std::size_t>(all_.shape.o));
        parallel_for(b_.pixels(), static_cast<double>(count / b_.pixels()),
                     [&](dim_t pixel) { weights_of(pixel, w.data()); });
        all_.w = w.data();
        const Epilogue<T> e = a_.epilogue.as<T>();
        if (e.bias != nullptr) {
            for (dim_t i = 0; i < b_.pixels(); ++i)
                std::copy_n(e.bias, s_.to_channels, bias.data() + i * s_.to_channels);
            all_.epilogue.bias = bias.data();
        }
        const dim_t rows = all_.shape.n * all_.shape.out[0] * all_.shape.out[1];
        const auto size = static_cast<std::size_t>(rows * all_.shape.out[2] * all_.shape.o);
        Scratch<T> to(size), z(e.preactivation != nullptr ? size : 0);
        all_.to = to.data();
        if (e.preactivation != nullptr) all_.epilogue.preactivation = z.data();
        plan.run(all_);
        parallel_for(rows, cost::kCopy * static_cast<double>(all_.shape.out[2] * all_.shape.o),
                     [&](dim_t row) {
                         spread(row, to.data(), static_cast<T*>(a_.to));
                         if (e.preactivation != nullptr) spread(row, z.data(), e.preactivation);
                     });
    }

 private:
    // The weights of all channels of one pixel.
    void weights_of(dim_t pixel, T* weights) const {
        const dim_t from = s_.from_channels, to = s_.to_channels, taps = a_.shape.taps(),
                    all_taps = all_.shape.taps();
        T* const out = weights + pixel * to * from * all_taps;
        std::fill_n(out, to * from * all_taps, T(0));
        const dim_t p[kAxes] = {pixel / b_.axis[2].pixels / b_.axis[1].pixels,
                                pixel / b_.axis[2].pixels % b_.axis[1].pixels,
                                pixel % b_.axis[2].pixels};
        const auto tap = [&](int a, dim_t t) {
            return tap_of(a_.shape, a, a_.transposed, b_.axis[a], p[a], t);
        };
        dim_t number = 0;
        for (dim_t i = 0; i < b_.axis[0].taps; ++i) {
            for (dim_t j = 0; j < b_.axis[1].taps; ++j) {
                for (dim_t l = 0; l < b_.axis[2].taps; ++l, ++number) {
                    const dim_t d = tap(0, i), h = tap(1, j), w = tap(2, l);
                    if (d < 0 || h < 0 || w < 0) continue;
                    const T* const at = static_cast<const T*>(a_.w) +
                                        (d * a_.shape.kernel[1] + h) * a_.shape.kernel[2] + w;
                    for (dim_t o = 0; o < to; ++o) {
                        for (dim_t c = 0; c < from; ++c) {
                            out[(o * from + c) * all_taps + number] =
                                at[(a_.transposed ? c * to + o : o * from + c) * taps];
                        }
                    }
                }
            }
        }
    }

    // A row of blocks, to where its pixels belong.
    void spread(dim_t row, const T* blocks, T* out) const {
        const dim_t h = row % all_.shape.out[1], d = row / all_.shape.out[1] % all_.shape.out[0],
                    image = row / all_.shape.out[1] / all_.shape.out[0];
        const dim_t size = all_.shape.o, cols = s_.to[2] / b_.axis[2].pixels,
                    rest = s_.to[2] % b_.axis[2].pixels * s_.to_channels;
        const T* from = blocks + row * all_.shape.out[2] * size;
        const gemm::TypedKernels<T>& g = isa::table<gemm::TypedKernels<T>>();
        for (dim_t i = 0; i < b_.axis[0].pixels; ++i) {
            for (dim_t j = 0; j < b_.axis[1].pixels; ++j, from += row_) {
                const dim_t z = d * b_.axis[0].pixels + i, y = h * b_.axis[1].pixels + j;
                if (z >= s_.to[0] || y >= s_.to[1]) continue;
                T* const to =
                    out + ((image * s_.to[0] + z) * s_.to[1] + y) * s_.to[2] * s_.to_channels;
                g.copy_rows(from, size, 1, cols, row_, to, row_);
                if (rest > 0) std::copy_n(from + cols * size, rest, to + cols * row_);
            }
        }
    }

    const Args& a_;
    const Sides s_;
    const Blocks b_;
    const dim_t row_;  // elements of a row of pixels of a block
    Args all_;
};

class PixelBlocked final : public Plan<Args> {
 public:
    PixelBlocked(const Args& args, const Blocks& blocks)
        : blocks_(blocks), plan_(merged(args, blocks)) {
        const Sides s(args.shape, args.transposed);
        const auto n = [](dim_t x) { return static_cast<double>(x); };
        const double outputs =
            n(args.shape.n) * n(s.to[0]) * n(s.to[1]) * n(s.to[2]) * n(s.to_channels);
        ns = plan_.ns + outputs * cost::kCopy;
    }
    void run(const Args& args) const override {
        visit_float(args.dtype, [&]<class T>() { Executor<T>(args, blocks_).run(plan_); });
    }

 private:
    Blocks blocks_;
    ImplicitGemm plan_;  // of the convolution that makes blocks
};

}  // namespace

bool pixel_blocked_fits(const Args& args) {
    const Shape& s = args.shape;
    const dim_t to = args.transposed ? s.c : s.o, from = args.transposed ? s.o : s.c;
    bool fits = s.groups == 1 && 2 * to <= vector_width(args.dtype) && to > 0 && from > 0 &&
                args.epilogue.residual == nullptr;
    for (int a = 0; a < kAxes; ++a)
        fits = fits && std::max({s.kernel[a], s.dilation[a], s.stride[a], s.pad[a]}) <= kMost;
    return fits;
}

PlanPointer<Args> plan_pixel_blocked(const Args& args) {
    const std::optional<Blocks> blocks = find_blocks(args);
    if (!blocks) return nullptr;
    return std::make_unique<PixelBlocked>(args, *blocks);
}

}  // namespace fastnn::conv
