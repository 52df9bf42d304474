#include "ops/activation/prelu.h"

#include <algorithm>

#include "core/memory.h"
#include "core/parallel.h"
#include "ops/activation/cost.h"

namespace fastnn::prelu {
namespace {

constexpr dim_t kChunk = 16384;  // elements: 64 KiB in and 64 KiB out of float32, a part of L2

// How a call is divided: runs of one channel (piece i is of channel i % channels), or rows of
// channels where those are innermost.
struct Pieces {
    bool runs;
    dim_t count, step;  // step: elements of a run, or rows of a piece

    // One slope for all: runs of any length. Otherwise a run is `inner` elements.
    template <class Args>
    explicit Pieces(const Args& a) : runs(a.inner > 1 || a.channels == 1) {
        const dim_t n = a.outer * a.channels * a.inner;
        step = a.channels == 1 ? kChunk
               : runs          ? a.inner
                               : std::max<dim_t>(1, kChunk / std::max<dim_t>(1, a.channels));
        count = n == 0 ? 0 : ceil_div(runs ? n : a.outer, step);
    }
};

// Calls f(i) for every piece, several to a chunk where they are short.
template <class Args, class F>
void over_pieces(const Args& a, const Pieces& p, double element_ns, F f) {
    if (p.count == 0) return;
    const dim_t size = p.runs ? p.step : p.step * a.channels,
                group = std::max<dim_t>(1, kChunk / size);
    parallel_for(ceil_div(p.count, group),
                 element_ns * static_cast<double>(std::min(group, p.count) * size), [=](dim_t g) {
                     for (dim_t i = g * group; i < std::min(p.count, (g + 1) * group); ++i) f(i);
                 });
}

void forward(const Args& a) {
    visit_float(a.dtype, [&]<class T>() {
        const auto& kernel = isa::table<Kernels, T>();
        const auto *x = static_cast<const T*>(a.x), *w = static_cast<const T*>(a.w);
        auto* y = static_cast<T*>(a.y);
        const Pieces p(a);
        const dim_t n = a.outer * a.channels * a.inner;
        over_pieces(a, p, cost::kPrelu * sizeof(T) / 4, [=, &kernel, &a](dim_t i) {
            if (p.runs) {
                const dim_t at = i * p.step;
                return kernel.run(x + at, w[i % a.channels], y + at, std::min(p.step, n - at));
            }
            const dim_t row = i * p.step, at = row * a.channels;
            kernel.rows(x + at, w, y + at, a.channels, std::min(p.step, a.outer - row));
        });
    });
}

void backward(const BackwardArgs& a) {
    visit_float(a.dtype, [&]<class T>() {
        const auto& kernel = isa::table<Kernels, T>();
        const auto *dy = static_cast<const T*>(a.dy), *x = static_cast<const T*>(a.x),
                   *w = static_cast<const T*>(a.w);
        auto* dx = static_cast<T*>(a.dx);
        const Pieces p(a);
        const dim_t n = a.outer * a.channels * a.inner, width = p.runs ? 1 : a.channels;
        Scratch<double> parts(static_cast<std::size_t>(std::max<dim_t>(1, p.count * width)));
        double* const part = parts.data();
        std::fill_n(part, p.count * width, 0.0);
        over_pieces(a, p, cost::kPreluBackward * sizeof(T) / 4, [=, &kernel, &a](dim_t i) {
            if (p.runs) {
                const dim_t at = i * p.step;
                return kernel.run_backward(dy + at, x + at, w[i % a.channels], dx + at, part + i,
                                           std::min(p.step, n - at));
            }
            const dim_t row = i * p.step, at = row * a.channels;
            kernel.rows_backward(dy + at, x + at, w, dx + at, part + i * width, a.channels,
                                 std::min(p.step, a.outer - row));
        });
        for (dim_t c = 0; c < a.channels; ++c) {
            double sum = 0;
            for (dim_t i = c; i < p.count * width; i += a.channels) sum += part[i];
            static_cast<T*>(a.dw)[c] = static_cast<T>(sum);
        }
    });
}

template <class Args>
double elements(const Args& a) {
    return static_cast<double>(a.outer) * static_cast<double>(a.channels) *
           static_cast<double>(a.inner);
}

Work forward_work(const Args& a) {
    return {2 * elements(a), 2 * elements(a) * static_cast<double>(size_of(a.dtype))};
}

Work backward_work(const BackwardArgs& a) {
    return {4 * elements(a), 3 * elements(a) * static_cast<double>(size_of(a.dtype))};
}

}  // namespace

const Kernel<Args> kForward{"prelu", forward, forward_work};
const Kernel<BackwardArgs> kBackward{"prelu_backward", backward, backward_work};

}  // namespace fastnn::prelu
