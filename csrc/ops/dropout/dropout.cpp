#include "ops/dropout/dropout.h"

#include <algorithm>

#include "core/integer.h"
#include "core/parallel.h"
#include "ops/dropout/cost.h"

namespace fastnn::dropout {
namespace {

constexpr dim_t kChunk = 256 * kBlock;  // 64 KiB of float32, a part of L2

template <class T>
void run_typed(const Args& a, const Draw& draw, Run<T> kernel) {
    const auto* x = static_cast<const T*>(a.x);
    auto* y = static_cast<T*>(a.y);
    const double chunk_ns = cost::kElement * static_cast<double>(std::min(a.size, kChunk));
    parallel_for(ceil_div(a.size, kChunk), chunk_ns, [&](dim_t c) {
        const dim_t i = c * kChunk;
        kernel(draw, i / kBlock, x + i, y + i, std::min(kChunk, a.size - i));
    });
}

void run(const Args& a) {
    if (a.p == 1) {
        std::fill_n(static_cast<char*>(a.y), a.size * static_cast<dim_t>(size_of(a.dtype)), 0);
        return;
    }
    // p < 1, but p * 2^32 may round to 2^32.
    const double threshold = std::min(a.p * 0x1p32, 0x1p32 - 1);
    const Draw draw{a.stream[0], a.stream[1], static_cast<std::uint32_t>(threshold), 1 / (1 - a.p)};
    const Kernels& table = isa::table<Kernels>();
    if (a.dtype == Dtype::f32) {
        run_typed<float>(a, draw, table.f32);
    } else {
        run_typed<double>(a, draw, table.f64);
    }
}

Work work(const Args& a) {
    const auto n = static_cast<double>(a.size);
    return {n, 2 * n * static_cast<double>(size_of(a.dtype))};
}

}  // namespace

const Kernel<Args> kDropout{"dropout", run, work};
const Kernel<Args> kDropoutBackward{"dropout_backward", run, work};

}  // namespace fastnn::dropout
