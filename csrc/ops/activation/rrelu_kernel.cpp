#include "ops/activation/rrelu.h"
#include "simd/philox.h"

namespace fastnn::FASTNN_ISA {
namespace {

static_assert(Philox::numbers == rrelu::kBlock);

template <class T>
void run(const rrelu::Draw& d, dim_t block, const T* x, const T* factor, T* y, dim_t n) {
    const T lower = static_cast<T>(d.lower), unit = static_cast<T>(d.width * 0x1p-32);
    for (dim_t begin = 0; begin < n; begin += Philox::numbers) {
        uint32_t numbers[Philox::numbers];
        Philox::block(d.seed, d.offset, uint64_t(block++) * Philox::counters, numbers);
        const dim_t count = n - begin < Philox::numbers ? n - begin : dim_t(Philox::numbers);
        for (dim_t i = 0; i < count; ++i) {
            const T slope = lower + unit * static_cast<T>(numbers[i]), f = factor[begin + i];
            y[begin + i] = x[begin + i] > T(0) ? f : slope * f;
        }
    }
}

constexpr rrelu::Kernels kTable{{run<float>}, {run<double>}};

}  // namespace
}  // namespace fastnn::FASTNN_ISA

FASTNN_KERNELS(rrelu::Kernels, kTable)
