#include "ops/dropout/dropout.h"
#include "simd/philox.h"

namespace fastnn::FASTNN_ISA {
namespace {

static_assert(Philox::numbers == dropout::kBlock);

template <class T>
void run(const dropout::Draw& d, dim_t block, const T* x, T* y, dim_t n) {
    const T scale = static_cast<T>(d.scale);
    const std::uint32_t threshold = d.threshold;
    std::uint32_t numbers[Philox::numbers];
    const auto keep = [&](dim_t i) { return numbers[i] >= threshold ? x[i] * scale : T(0); };
    for (; n >= Philox::numbers; n -= Philox::numbers, x += Philox::numbers, y += Philox::numbers) {
        Philox::block(d.seed, d.offset, std::uint64_t(block++) * Philox::counters, numbers);
        T out[Philox::numbers];  // not y, which may alias x
        for (dim_t i = 0; i < Philox::numbers; ++i) out[i] = keep(i);
        __builtin_memcpy(y, out, sizeof out);
    }
    if (n == 0) return;
    Philox::block(d.seed, d.offset, std::uint64_t(block) * Philox::counters, numbers);
    for (dim_t i = 0; i < n; ++i) y[i] = keep(i);
}

constexpr dropout::Kernels kTable{run<float>, run<double>};

}  // namespace
}  // namespace fastnn::FASTNN_ISA

FASTNN_KERNELS(dropout::Kernels, kTable)
