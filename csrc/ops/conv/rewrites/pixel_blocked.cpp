// Few channels of `to`: their vectors would be mostly empty. A block of neighbouring pixels is
// computed as one pixel of all their channels, by a convolution with the taps that any of them
// meets, and zeros for those that only others meet.
#include <algorithm>

#include "core/memory.h"
#include "core/parallel.h"
#include "ops/conv/implicit_gemm/implicit_gemm.h"
#include "ops/conv/implicit_gemm/products.h"

namespace fastnn::conv {
namespace {

constexpr long kMostTimes = 8;        // strides of pixels along an axis
constexpr long kMost = 64;            // of kernel, dilation, stride and padding
constexpr double kWorthwhile = 0.75;  // of the time without
constexpr double kCopyNs = 0.5;       // of an element

// One axis: `pixels` of `to` meet with tap t the element number step * block + first + t of `from`.
struct BlockAxis {
    long pixels, blocks, step, first, taps;
};

BlockAxis block_along(const Shape& s, int a, bool transposed, long times) {
    const long reach = (s.kernel[a] - 1) * s.dilation[a], stride = s.stride[a], pad = s.pad[a];
    const auto floor_div = [](long x, long y) { return x < 0 ? -ceil_div(-x, y) : x / y; };
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
long tap_of(const Shape& s, int a, bool transposed, const BlockAxis& b, long p, long t) {
    const long distance =
        transposed ? p + s.pad[a] - s.stride[a] * (b.first + t) : t - p * s.stride[a];
    if (distance < 0 || distance % s.dilation[a] != 0) return -1;
    const long k = distance / s.dilation[a];
    return k < s.kernel[a] ? k : -1;
}

struct Blocks {
    BlockAxis axis[kAxes];
    double ns;  // of one thread
    long pixels() const { return axis[0].pixels * axis[1].pixels * axis[2].pixels; }
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

// The blocks that take the least time; ns = 0: none is worth it.
Blocks find_blocks(const Args& args) {
    const Shape& s = args.shape;
    const bool transposed = args.transposed;
    const long to = transposed ? s.c : s.o, from = transposed ? s.o : s.c;
    const long* const sizes = transposed ? s.in : s.out;
    const long width = visit_float(
        args.dtype, []<class T>() { return isa::table<gemm::TypedKernels<T>>().blocking.width; });
    Blocks found{};
    bool fits = s.groups == 1 && 2 * to <= width && to > 0 && from > 0 && args.residual == nullptr;
    for (int a = 0; a < kAxes; ++a)
        fits = fits && std::max({s.kernel[a], s.dilation[a], s.stride[a], s.pad[a]}) <= kMost;
    if (!fits) return found;
    // Products of whole vectors.
    const auto n = [](long x) { return static_cast<double>(x); };
    double least = n(width);
    for (int a = 0; a < kAxes; ++a)
        least *= n(sizes[a]) * n(s.kernel[a]) / (transposed ? n(s.stride[a]) : 1);
    least *= kWorthwhile;
    bool any = false;
    Blocks b{};
    b.axis[0] = block_along(s, 0, transposed, 1);
    for (long i = 1; i <= std::min(kMostTimes, sizes[1]); ++i) {
        b.axis[1] = block_along(s, 1, transposed, i);
        for (long j = 1; j <= std::min(kMostTimes, sizes[2]); ++j) {
            b.axis[2] = block_along(s, 2, transposed, j);
            double products = n(round_up(to * b.pixels(), width));
            for (const BlockAxis& a : b.axis) products *= n(a.blocks) * n(a.taps);
            if (products < least) least = products, found = b, any = true;
        }
    }
    if (!any) return {};
    const double outputs = n(s.n) * n(sizes[0]) * n(sizes[1]) * n(sizes[2]) * n(to);
    found.ns = direct_ns(merged(args, found)) + outputs * kCopyNs;
    if (found.ns > kWorthwhile * direct_ns(args)) found.ns = 0;
    return found;
}

template <class T>
class Few {
 public:
    Few(const Args& args, const Blocks& blocks)
        : a_(args),
          s_(args.shape, args.transposed),
          b_(blocks),
          row_(blocks.axis[2].pixels * s_.to_channels),
          all_(merged(args, blocks)) {}

    void run() {
        const long count = all_.shape.o * all_.shape.c * all_.shape.taps();
        Scratch<T> w(static_cast<std::size_t>(count)), bias(static_cast<std::size_t>(all_.shape.o));
        parallel_for(b_.pixels(), static_cast<double>(count / b_.pixels()),
                     [&](long pixel) { weights_of(pixel, w.data()); });
        all_.w = w.data();
        if (a_.bias != nullptr) {
            for (long i = 0; i < b_.pixels(); ++i)
                std::copy_n(static_cast<const T*>(a_.bias), s_.to_channels,
                            bias.data() + i * s_.to_channels);
            all_.bias = bias.data();
        }
        const long rows = all_.shape.n * all_.shape.out[0] * all_.shape.out[1];
        Scratch<T> to(static_cast<std::size_t>(rows * all_.shape.out[2] * all_.shape.o));
        all_.to = to.data();
        direct<T>(all_);
        parallel_for(rows, kCopyNs * static_cast<double>(all_.shape.out[2] * all_.shape.o),
                     [&](long row) { spread(row, to.data()); });
    }

 private:
    // The weights of all channels of one pixel.
    void weights_of(long pixel, T* weights) const {
        const long from = s_.from_channels, to = s_.to_channels, taps = a_.shape.taps(),
                   all_taps = all_.shape.taps();
        T* const out = weights + pixel * to * from * all_taps;
        std::fill_n(out, to * from * all_taps, T(0));
        const long p[kAxes] = {pixel / b_.axis[2].pixels / b_.axis[1].pixels,
                               pixel / b_.axis[2].pixels % b_.axis[1].pixels,
                               pixel % b_.axis[2].pixels};
        const auto tap = [&](int a, long t) {
            return tap_of(a_.shape, a, a_.transposed, b_.axis[a], p[a], t);
        };
        long number = 0;
        for (long i = 0; i < b_.axis[0].taps; ++i) {
            for (long j = 0; j < b_.axis[1].taps; ++j) {
                for (long l = 0; l < b_.axis[2].taps; ++l, ++number) {
                    const long d = tap(0, i), h = tap(1, j), w = tap(2, l);
                    if (d < 0 || h < 0 || w < 0) continue;
                    const T* const at = static_cast<const T*>(a_.w) +
                                        (d * a_.shape.kernel[1] + h) * a_.shape.kernel[2] + w;
                    for (long o = 0; o < to; ++o) {
                        for (long c = 0; c < from; ++c) {
                            out[(o * from + c) * all_taps + number] =
                                at[(a_.transposed ? c * to + o : o * from + c) * taps];
                        }
                    }
                }
            }
        }
    }

    // A row of blocks, to where its pixels belong.
    void spread(long row, const T* blocks) const {
        const long h = row % all_.shape.out[1], d = row / all_.shape.out[1] % all_.shape.out[0],
                   image = row / all_.shape.out[1] / all_.shape.out[0];
        const long size = all_.shape.o, cols = s_.to[2] / b_.axis[2].pixels,
                   rest = s_.to[2] % b_.axis[2].pixels * s_.to_channels;
        const T* from = blocks + row * all_.shape.out[2] * size;
        const gemm::TypedKernels<T>& g = isa::table<gemm::TypedKernels<T>>();
        for (long i = 0; i < b_.axis[0].pixels; ++i) {
            for (long j = 0; j < b_.axis[1].pixels; ++j, from += row_) {
                const long z = d * b_.axis[0].pixels + i, y = h * b_.axis[1].pixels + j;
                if (z >= s_.to[0] || y >= s_.to[1]) continue;
                T* const to = static_cast<T*>(a_.to) +
                              ((image * s_.to[0] + z) * s_.to[1] + y) * s_.to[2] * s_.to_channels;
                g.copy_rows(from, size, 1, cols, row_, to, row_);
                if (rest > 0) std::copy_n(from + cols * size, rest, to + cols * row_);
            }
        }
    }

    const Args& a_;
    const Sides s_;
    const Blocks b_;
    const long row_;  // elements of a row of pixels of a block
    Args all_;
};

}  // namespace

double few_ns(const Args& args) {
    return find_blocks(args).ns;
}

template <class T>
bool few(const Args& args) {
    const Blocks blocks = find_blocks(args);
    if (blocks.ns == 0) return false;
    Few<T>(args, blocks).run();
    return true;
}

template bool few<float>(const Args&);
template bool few<double>(const Args&);

}  // namespace fastnn::conv
