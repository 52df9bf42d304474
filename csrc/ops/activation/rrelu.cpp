#include "ops/activation/rrelu.h"

#include <algorithm>

#include "core/parallel.h"
#include "ops/activation/cost.h"

namespace fastnn::rrelu {
namespace {

constexpr dim_t kChunk = 256 * kBlock;  // 64 KiB of float32, a part of L2

void run(const Args& a) {
    const Draw draw{a.stream[0], a.stream[1], a.lower, a.upper - a.lower};
    visit_float(a.dtype, [&]<class T>() {
        const auto kernel = isa::table<Kernels, T>().run;
        const auto *x = static_cast<const T*>(a.x), *factor = static_cast<const T*>(a.factor);
        auto* y = static_cast<T*>(a.y);
        parallel_for(
            ceil_div(a.size, kChunk), cost::kRrelu * static_cast<double>(std::min(a.size, kChunk)),
            [=, &draw, &a](dim_t c) {
                const dim_t i = c * kChunk;
                kernel(draw, i / kBlock, x + i, factor + i, y + i, std::min(kChunk, a.size - i));
            });
    });
}

Work work(const Args& a) {
    const auto n = static_cast<double>(a.size);
    return {3 * n, 3 * n * static_cast<double>(size_of(a.dtype))};
}

}  // namespace

const Kernel<Args> kForward{"rrelu", run, work};
const Kernel<Args> kBackward{"rrelu_backward", run, work};

}  // namespace fastnn::rrelu
