// Blocks of points: their taps, then the sums over these. A single channel is summed for all points
// of a block at once, more channels for one point after the other.
#include "ops/grid_sample/taps.h"
#include "simd/channels.h"
#include "simd/loops.h"

namespace fastnn::FASTNN_ISA {
namespace {

// f(first, count, taps) for blocks of points.
template <class T, class F>
FASTNN_INLINE void over_blocks(const Points<T>& p, F f) {
    Taps<T> taps;
    for (dim_t first = p.begin; first < p.end; first += kBlock) {
        const dim_t count = p.end - first < kBlock ? p.end - first : kBlock;
        set_taps(p, first, count, taps);
        f(first, count, taps);
    }
}

// sum[q] += factor[q] * x[place[q]]
template <class T>
FASTNN_INLINE void add_values(const T* x, const int* place, const T* factor, T* sum) {
    using V = Vec<T>;
    for (int q = 0; q < kBlock; q += V::width)
        fma(V::load(factor + q), V::gather(x, place + q), V::load(sum + q)).store(sum + q);
}

template <class T>
void sample(const Points<T>& p, T* y) {
    over_blocks(p, [&](dim_t first, dim_t count, const Taps<T>& taps) {
        if (p.c == 1) {
            alignas(64) T sum[kBlock] = {};
            for (int k = 0; k < taps.count; ++k)
                add_values(p.x, taps.place[k], taps.weight[k], sum);
            copy(sum, y + first, count);
            return;
        }
        for (dim_t q = 0; q < count; ++q) {
            over_channels<T>(0, p.c, [&](auto part, dim_t c) __attribute__((always_inline)) {
                using V = typename decltype(part)::Vector;
                constexpr int R = decltype(part)::registers, W = V::width;
                V sum[R];
                for (int k = 0; k < taps.count; ++k) {
                    const dim_t place = taps.place[k][q];
                    const V weight = taps.weight[k][q];
                    for (int r = 0; r < R; ++r) {
                        const V x = place < 0 ? V() : part.load(p.x + place * p.c + c + r * W);
                        sum[r] = fma(x, weight, sum[r]);
                    }
                }
                T* to = y + (first + q) * p.c + c;
                for (int r = 0; r < R; ++r) part.store(sum[r], to + r * W);
            });
        }
    });
}

// dot[k] = <dy, x at tap k>, over all channels.
template <class T>
FASTNN_INLINE void set_dots(const Points<T>& p, const Taps<T>& taps, dim_t count, const T* dy,
                            T (*dot)[kBlock]) {
    for (int k = 0; k < taps.count; ++k) {
        for (int q = 0; q < kBlock; ++q) dot[k][q] = 0;
    }
    if (p.c == 1) {
        alignas(64) T d[kBlock] = {};
        copy(dy, d, count);
        for (int k = 0; k < taps.count; ++k) add_values(p.x, taps.place[k], d, dot[k]);
        return;
    }
    for (dim_t q = 0; q < count; ++q) {
        for (int k = 0; k < taps.count; ++k) {
            const dim_t place = taps.place[k][q];
            if (place < 0) continue;
            Vec<T> total;
            over_vectors<T>(p.c, [&](dim_t c, dim_t some) {
                total = fma(load(dy + q * p.c + c, some), load(p.x + place * p.c + c, some), total);
            });
            dot[k][q] = sum(total);
        }
    }
}

// to[c] += weight * d[c]. The rest is added number by number: the next point may read it soon, and
// a load of several would wait for the stores of its parts.
template <class T>
FASTNN_INLINE void add_scaled(T weight, const T* d, T* to, dim_t begin, dim_t end) {
    using V = Vec<T>;
    dim_t c = begin;
    for (; c + V::width <= end; c += V::width)
        fma(V(weight), V::load(d + c), V::load(to + c)).store(to + c);
    for (; c < end; ++c) {
        to[c] += weight * d[c];
        asm volatile("");  // or GCC makes vectors of these
    }
}

template <class T>
void backward(const Points<T>& p, const T* dy, T* dx, T* dgrid) {
    over_blocks(p, [&](dim_t first, dim_t count, const Taps<T>& taps) {
        const T* d = dy + first * p.c;
        if (dgrid != nullptr) {
            alignas(64) T dot[kMostTaps][kBlock], slope[kMostTaps][kBlock];
            set_dots(p, taps, count, d, dot);
            for (int i = 0; i < p.axes; ++i) {
                multiply_out(p, taps, grid_sample::kAxes - 1 - i, slope);
                alignas(64) T total[kBlock] = {};
                for (int k = 0; k < taps.count; ++k) {
                    for (int q = 0; q < kBlock; ++q) total[q] += slope[k][q] * dot[k][q];
                }
                for (dim_t q = 0; q < count; ++q) dgrid[(first + q) * p.axes + i] = total[q];
            }
        }
        if (dx == nullptr) return;
        for (dim_t q = 0; q < count; ++q) {
            for (int k = 0; k < taps.count; ++k) {
                const dim_t place = taps.place[k][q];
                if (place >= 0) {
                    add_scaled(taps.weight[k][q], d + q * p.c, dx + place * p.c, p.c_begin,
                               p.c_end);
                }
            }
        }
    });
}

constexpr grid_sample::Kernels kTable{{sample<float>, backward<float>},
                                      {sample<double>, backward<double>}};

}  // namespace
}  // namespace fastnn::FASTNN_ISA

FASTNN_KERNELS(grid_sample::Kernels, kTable)
