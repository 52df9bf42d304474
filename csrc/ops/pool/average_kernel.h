// Sums of windows divided by their sizes, and their gradients.
#pragma once

#include "core/integer.h"
#include "ops/pool/channels_kernel.h"

namespace fastnn::FASTNN_ISA {
namespace {

using pooling::AverageRows;

// The sum of n consecutive numbers.
template <class T>
FASTNN_INLINE T sum_of(const T* x, dim_t n) {
    using V = Vec<T>;
    constexpr dim_t W = V::width;
    V a, b;
    dim_t i = 0;
    for (; i + 2 * W <= n; i += 2 * W) {
        a += V::load(x + i);
        b += V::load(x + i + W);
    }
    for (; i < n; i += W) a += V::load(x + i, n - i < W ? n - i : W);
    return sum(a + b);
}

// Each row of a window is summed separately: partial sums are smaller, and so are their roundings.
template <class T>
void average_rows(const AverageRows<T>& r) {
    const Windows& w = *r.windows;
    const Axis &d = w.axis[0], &h = w.axis[1], &v = w.axis[2];
    for (dim_t row = r.begin; row < r.end; ++row) {
        const dim_t n = row / h.out / d.out, od = row / h.out % d.out, oh = row % h.out;
        const T* image = r.from + n * d.in * h.in * v.in * w.c;
        const double sizes = d.size[od] * h.size[oh];
        for (dim_t i = 0; i < v.out; ++i) {
            const Window window = window_of(w, od, oh, i);
            const T* x = image + window.at * w.c;
            T* y = r.to + (row * v.out + i) * w.c;
            const T size = T(sizes * v.size[i]);
            if (w.c == 1 && window.count[2] >= Vec<T>::width) {
                T total = 0;
                over_rows(window, x, 1, [&](const T* p, dim_t) __attribute__((always_inline)) {
                    total += sum_of(p, window.count[2]);
                });
                *y = total / size;
                continue;
            }
            over_channels<T, true>(
                r.c_begin, r.c_end, [&](auto part, dim_t c) __attribute__((always_inline)) {
                    using V = typename decltype(part)::Vector;
                    constexpr int R = decltype(part)::registers, W = V::width;
                    V sum[R];
                    over_rows(window, x + c, w.c,
                              [&](const T* p, dim_t) __attribute__((always_inline)) {
                                  V line[R];
                                  for (dim_t k = 0; k < window.count[2]; ++k, p += w.c) {
#pragma GCC unroll 4
                                      for (int q = 0; q < R; ++q) line[q] += part.load(p + q * W);
                                  }
                                  for (int q = 0; q < R; ++q) sum[q] += line[q];
                              });
                    for (int q = 0; q < R; ++q)
                        part.store(sum[q] / V(size), y + c + q * W, r.stream);
                });
        }
    }
    if (r.stream) nt_fence();
}

// How many inputs from i on are in the same windows, and so have the same gradient.
FASTNN_INLINE dim_t run_of(const Axis& a, dim_t i) {
    dim_t run = 1;
    while (i + run < a.in && a.first_out[i + run] == a.first_out[i] &&
           a.out_count[i + run] == a.out_count[i])
        ++run;
    return run;
}

template <class T>
void average_backward_rows(const AverageRows<T>& r) {
    const Windows& w = *r.windows;
    const Axis &d = w.axis[0], &h = w.axis[1], &v = w.axis[2];
    for (dim_t row = r.begin; row < r.end; ++row) {
        const dim_t n = row / h.in / d.in, id = row / h.in % d.in, ih = row % h.in;
        for (dim_t i = 0, run; i < v.in; i += run) {
            run = run_of(v, i);
            T* dx = r.to + (row * v.in + i) * w.c;
            over_channels<T, true>(
                r.c_begin, r.c_end, [&](auto part, dim_t c) __attribute__((always_inline)) {
                    using V = typename decltype(part)::Vector;
                    constexpr int R = decltype(part)::registers, W = V::width;
                    V sum[R];
                    over_out_rows(
                        w, n, id, ih,
                        [&](dim_t od, dim_t oh, dim_t out, dim_t) __attribute__((always_inline)) {
                            const double sizes = d.size[od] * h.size[oh];
                            for (dim_t k = 0; k < v.out_count[i]; ++k) {
                                const dim_t o = v.first_out[i] + k;
                                const V share = T(1 / (sizes * v.size[o]));
                                const T* dy = r.from + (out * v.out + o) * w.c + c;
#pragma GCC unroll 4
                                for (int q = 0; q < R; ++q)
                                    sum[q] = fma(part.load(dy + q * W), share, sum[q]);
                            }
                        });
                    for (dim_t k = 0; k < run; ++k) {
                        for (int q = 0; q < R; ++q)
                            part.store(sum[q], dx + k * w.c + c + q * W, r.stream);
                    }
                });
        }
    }
    if (r.stream) nt_fence();
}

}  // namespace
}  // namespace fastnn::FASTNN_ISA
