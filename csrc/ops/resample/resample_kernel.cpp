// A row is computed in two steps: first the sum of some rows of `from`, then each place of the row
// as the sum of some places of that.
#include "ops/resample/kernels.h"
#include "simd/channels.h"

namespace fastnn::FASTNN_ISA {
namespace {

using resample::Axis;
using resample::Rows;

// Channels of a row of pixels, `step` apart.
template <class T>
struct Line {
    const T* at;
    dim_t step;
};

template <class T>
FASTNN_INLINE bool is_copy(const Axis<T>& a, dim_t place) {
    const dim_t k = a.start[place];
    return a.start[place + 1] - k == 1 && a.weight[k] == T(1);
}

// The sum of the rows of `image` that row (td, th) is interpolated from.
template <class T>
FASTNN_INLINE Line<T> summed(const Rows<T>& r, const T* image, dim_t td, dim_t th, dim_t begin,
                             dim_t end) {
    const Axis<T>&d = r.axis[0], &h = r.axis[1];
    const dim_t row = r.axis[2].from * r.c;
    const auto start = [&](dim_t a, dim_t b) { return (d.place[a] * h.from + h.place[b]) * row; };
    if (is_copy(d, td) && is_copy(h, th))
        return {image + start(d.start[td], h.start[th]) + begin, r.c};
    const auto sum = [&](auto part, dim_t at, T* to) __attribute__((always_inline)) {
        using V = typename decltype(part)::Vector;
        constexpr int R = decltype(part)::registers, W = V::width;
        V sum[R];
        for (dim_t a = d.start[td]; a < d.start[td + 1]; ++a) {
            for (dim_t b = h.start[th]; b < h.start[th + 1]; ++b) {
                const T* p = image + start(a, b) + at;
                const V weight = d.weight[a] * h.weight[b];
#pragma GCC unroll 4
                for (int q = 0; q < R; ++q) sum[q] = fma(part.load(p + q * W), weight, sum[q]);
            }
        }
        for (int q = 0; q < R; ++q) part.store(sum[q], to + q * W);
    };
    if (end - begin == r.c) {
        over_channels<T>(0, row, [&](auto part, dim_t i) __attribute__((always_inline)) {
            sum(part, i, r.line + i);
        });
        return {r.line, r.c};
    }
    for (dim_t i = 0; i < r.axis[2].from; ++i) {
        over_channels<T>(begin, end, [&](auto part, dim_t c) __attribute__((always_inline)) {
            sum(part, i * r.c + c, r.line + i * (end - begin) + c - begin);
        });
    }
    return {r.line, end - begin};
}

// Place j of a row, from the places of a line.
template <dim_t taps, class P, class T>
FASTNN_INLINE void place(P part, const Axis<T>& w, dim_t j, Line<T> line, T* to, bool past_cache) {
    using V = typename P::Vector;
    constexpr int R = P::registers, W = V::width;
    V sum[R];
    const dim_t first = taps == 0 ? w.start[j] : taps * j;
    const dim_t count = taps == 0 ? w.start[j + 1] - first : taps;
#pragma GCC unroll 2
    for (dim_t k = 0; k < count; ++k) {
        const V weight = w.weight[first + k];
        const T* p = line.at + w.place[first + k] * line.step;
#pragma GCC unroll 4
        for (int q = 0; q < R; ++q) {
            const V x = part.load(p + q * W);
            sum[q] = taps == 1 ? x : fma(x, weight, sum[q]);
        }
    }
    for (int q = 0; q < R; ++q) part.store(sum[q], to + q * W, past_cache);
}

template <dim_t taps, class T>
FASTNN_INLINE void row_of_narrow(const Axis<T>& w, Line<T> line, dim_t c, T* to) {
    const auto all = [&](auto part) __attribute__((always_inline)) {
        for (dim_t j = 0; j < w.to; ++j) place<taps>(part, w, j, line, to + j * c, false);
    };
    switch (c) {
        case 1: return all(Part<Lane<T>, 1, true>{1});
        case 2: return all(Part<Lane<T>, 2, true>{1});
        case 3: return all(Part<Lane<T>, 3, true>{1});
        default: return all(Part<Vec<T>, 1, false>{c});
    }
}

template <dim_t taps, class T>
FASTNN_INLINE void rows_as(const Rows<T>& r, dim_t c_begin, dim_t c_end) {
    const Axis<T>&d = r.axis[0], &h = r.axis[1], &w = r.axis[2];
    const bool narrow = r.c < Vec<T>::width;
    dim_t source = -1;  // the row of `from` that the row before is interpolated from, if it is one
    for (dim_t row = r.begin; row < r.end; ++row) {
        const dim_t n = row / h.to / d.to, td = row / h.to % d.to, th = row % h.to;
        const T* image = r.from + n * d.from * h.from * w.from * r.c;
        T* to = r.to + row * w.to * r.c + c_begin;
        const Line<T> line = summed(r, image, td, th, c_begin, c_end);
        if (!narrow) {
            for (dim_t j = 0; j < w.to; ++j) {
                over_channels<T>(0, c_end - c_begin,
                                 [&](auto part, dim_t c) __attribute__((always_inline)) {
                                     place<taps>(part, w, j, {line.at + c, line.step},
                                                 to + j * r.c + c, r.stream);
                                 });
            }
            continue;
        }
        const dim_t copied = line.at == r.line ? -1 : line.at - r.from;
        if (copied >= 0 && copied == source) {
            const dim_t size = w.to * r.c;
            __builtin_memcpy(to, to - size, static_cast<size_t>(size) * sizeof(T));
        } else {
            row_of_narrow<taps>(w, line, r.c, to);
        }
        source = copied;
    }
}

template <dim_t taps, class T>
FASTNN_INLINE void rows_by(const Rows<T>& r) {
    for (dim_t c = r.c_begin; c < r.c_end; c += r.block)
        rows_as<taps>(r, c, c + r.block < r.c_end ? c + r.block : r.c_end);
}

template <class T>
void rows(const Rows<T>& r) {
    switch (r.axis[2].taps) {
        case 1: rows_by<1>(r); break;
        case 2: rows_by<2>(r); break;
        default: rows_by<0>(r);
    }
    if (r.stream) nt_fence();
}

constexpr resample::Kernels kTable{{rows<float>}, {rows<double>}};

}  // namespace
}  // namespace fastnn::FASTNN_ISA

FASTNN_KERNELS(resample::Kernels, kTable)
