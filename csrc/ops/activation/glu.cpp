#include "ops/activation/glu.h"

#include <algorithm>

#include "core/parallel.h"
#include "ops/activation/cost.h"

namespace fastnn::glu {
namespace {

constexpr dim_t kChunk = 16384;  // elements of y: 192 KiB of float32 in all, a part of L2

// Calls f(row, begin, count) over pieces of the rows of y.
template <class F>
void over_pieces(dim_t outer, dim_t size, double element_ns, F f) {
    if (outer * size == 0) return;
    const dim_t step = std::min(size, kChunk), pieces = ceil_div(size, step),
                group = std::max<dim_t>(1, kChunk / step), all = outer * pieces;
    parallel_for(ceil_div(all, group),
                 element_ns * static_cast<double>(std::min(group, all) * step), [=](dim_t g) {
                     for (dim_t i = g * group; i < std::min(all, (g + 1) * group); ++i) {
                         const dim_t begin = i % pieces * step;
                         f(i / pieces, begin, std::min(step, size - begin));
                     }
                 });
}

void forward(const Args& a) {
    visit_float(a.dtype, [&]<class T>() {
        const auto kernel = isa::table<Kernels, T>().forward;
        const auto* x = static_cast<const T*>(a.x);
        auto* y = static_cast<T*>(a.y);
        over_pieces(a.outer, a.size, cost::kGlu * sizeof(T) / 4,
                    [=, size = a.size](dim_t row, dim_t at, dim_t n) {
                        const T* half = x + 2 * row * size + at;
                        kernel(half, half + size, y + row * size + at, n);
                    });
    });
}

void backward(const BackwardArgs& a) {
    visit_float(a.dtype, [&]<class T>() {
        const auto kernel = isa::table<Kernels, T>().backward;
        const auto *dy = static_cast<const T*>(a.dy), *x = static_cast<const T*>(a.x);
        auto* dx = static_cast<T*>(a.dx);
        over_pieces(a.outer, a.size, cost::kGluBackward * sizeof(T) / 4,
                    [=, size = a.size](dim_t row, dim_t at, dim_t n) {
                        const dim_t half = 2 * row * size + at;
                        kernel(dy + row * size + at, x + half, x + half + size, dx + half,
                               dx + half + size, n);
                    });
    });
}

template <class Args>
double elements(const Args& a) {
    return static_cast<double>(a.outer) * static_cast<double>(a.size);
}

Work forward_work(const Args& a) {
    return {17 * elements(a), 3 * elements(a) * static_cast<double>(size_of(a.dtype))};
}

Work backward_work(const BackwardArgs& a) {
    return {20 * elements(a), 5 * elements(a) * static_cast<double>(size_of(a.dtype))};
}

}  // namespace

const Kernel<Args> kForward{"glu", forward, forward_work};
const Kernel<BackwardArgs> kBackward{"glu_backward", backward, backward_work};

}  // namespace fastnn::glu
