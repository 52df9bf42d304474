#include "ops/resample/kernels.h"
#include "simd/channels.h"

namespace fastnn::FASTNN_ISA {
namespace {

using resample::Axis;
using resample::Rows;

template <class T>
void rows(const Rows<T>& r) {
    const Axis<T>&d = r.axis[0], &h = r.axis[1], &w = r.axis[2];
    for (long row = r.begin; row < r.end; ++row) {
        const long n = row / h.to / d.to, td = row / h.to % d.to, th = row % h.to;
        const T* image = r.from + n * d.from * h.from * w.from * r.c;
        for (long j = 0; j < w.to; ++j) {
            T* to = r.to + (row * w.to + j) * r.c;
            over_channels<T>(
                r.c_begin, r.c_end, [&](auto part, long c) __attribute__((always_inline)) {
                    using V = typename decltype(part)::Vector;
                    constexpr int R = decltype(part)::registers, W = V::width;
                    V sum[R];
                    for (long a = d.start[td]; a < d.start[td + 1]; ++a) {
                        for (long b = h.start[th]; b < h.start[th + 1]; ++b) {
                            const T* line =
                                image + ((d.place[a] * h.from + h.place[b]) * w.from) * r.c + c;
                            V across[R];
                            for (long k = w.start[j]; k < w.start[j + 1]; ++k) {
                                const V weight = w.weight[k];
                                const T* p = line + w.place[k] * r.c;
#pragma GCC unroll 4
                                for (int q = 0; q < R; ++q)
                                    across[q] = fma(part.load(p + q * W), weight, across[q]);
                            }
                            const V weight = d.weight[a] * h.weight[b];
#pragma GCC unroll 4
                            for (int q = 0; q < R; ++q) sum[q] = fma(across[q], weight, sum[q]);
                        }
                    }
                    for (int q = 0; q < R; ++q) part.store(sum[q], to + c + q * W, r.stream);
                });
        }
    }
    if (r.stream) stream_fence();
}

constexpr resample::Kernels kTable{{rows<float>}, {rows<double>}};

}  // namespace
}  // namespace fastnn::FASTNN_ISA

namespace fastnn::resample {
template <>
const Kernels& kernels<Isa::FASTNN_ISA>() {
    return FASTNN_ISA::kTable;
}
}  // namespace fastnn::resample
