#include "ops/shuffle/shuffle.h"
#include "simd/vec.h"

namespace fastnn::FASTNN_ISA {
namespace {

using shuffle::Row;

// known: the number of places, if known at compile time, or 0. With a known number all places of a
// channel are one unrolled loop.
template <dim_t known, bool collect, class T>
FASTNN_INLINE void pixels(const Row& r, const T* __restrict x, T* __restrict y) {
    const dim_t n = r.channels, places = known != 0 ? known : r.places;
    dim_t step[known != 0 ? known : 1];
    for (dim_t k = 0; k < known; ++k)
        step[k] = k / r.j_count * r.i_stride + k % r.j_count * r.j_stride;
    for (dim_t p = 0; p < r.pixels; ++p, x += r.x_pixel, y += r.y_pixel) {
        if constexpr (known != 0) {
            for (dim_t c = 0; c < n; ++c) {
#pragma GCC unroll 4
                for (dim_t k = 0; k < known; ++k) {
                    if (collect) {
                        y[c * known + k] = x[step[k] + c];
                    } else {
                        y[step[k] + c] = x[c * known + k];
                    }
                }
            }
            continue;
        }
        for (dim_t k = 0; k < places; ++k) {
            const dim_t at = k / r.j_count * r.i_stride + k % r.j_count * r.j_stride;
            for (dim_t c = 0; c < n; ++c) {
                if (collect) {
                    y[c * places + k] = x[at + c];
                } else {
                    y[at + c] = x[c * places + k];
                }
            }
        }
    }
}

template <bool collect, class T>
void row(const Row& r, const T* x, T* y) {
    switch (r.places) {
        case 2: return pixels<2, collect>(r, x, y);
        case 3: return pixels<3, collect>(r, x, y);
        case 4: return pixels<4, collect>(r, x, y);
        default: return pixels<0, collect>(r, x, y);
    }
}

constexpr shuffle::Kernels kTable{{row<false, float>, row<true, float>},
                                  {row<false, double>, row<true, double>}};

}  // namespace
}  // namespace fastnn::FASTNN_ISA

FASTNN_KERNELS(shuffle::Kernels, kTable)
