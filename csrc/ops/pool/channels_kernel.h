// What all kernels of pooling share: windows in memory, and the loops over them.
#pragma once

#include "core/integer.h"
#include "ops/pool/kernels.h"
#include "simd/channels.h"

namespace fastnn::FASTNN_ISA {
namespace {

using pooling::Axis;
using pooling::Windows;

// The part of a window inside the image: the index of its first pixel, and the place of that in the
// window; the number of pixels along each axis, and their strides in the image and in the places.
struct Window {
    dim_t at, place;
    dim_t count[3], step[3], pitch[3];
};

FASTNN_INLINE Window window_of(const Windows& w, dim_t d, dim_t h, dim_t v) {
    const Axis *a = &w.axis[0], *b = &w.axis[1], *c = &w.axis[2];
    const dim_t skip[3] = {a->skip[d], b->skip[h], c->skip[v]};
    const dim_t at[3] = {a->origin[d] + skip[0] * a->step, b->origin[h] + skip[1] * b->step,
                         c->origin[v] + skip[2] * c->step};
    return {.at = (at[0] * b->in + at[1]) * c->in + at[2],
            .place = skip[0] * w.pitch[0] + skip[1] * w.pitch[1] + skip[2],
            .count = {a->count[d], b->count[h], c->count[v]},
            .step = {a->step * b->in * c->in, b->step * c->in, c->step},
            .pitch = {w.pitch[0], w.pitch[1], 1}};
}

// f(pixel, place) for the first pixel of each row of a window; pixels have `c` channels.
template <class T, class F>
FASTNN_INLINE void over_rows(const Window& w, const T* x, dim_t c, F f) {
    for (dim_t i = 0; i < w.count[0]; ++i) {
        for (dim_t j = 0; j < w.count[1]; ++j) {
            f(x + (i * w.step[0] + j * w.step[1]) * c, w.place + i * w.pitch[0] + j * w.pitch[1]);
        }
    }
}

// The place of input i in the window of output o, the k-th of its outputs.
FASTNN_INLINE dim_t place_of(const Axis& a, dim_t i, dim_t o, dim_t k) {
    return a.place_step != 0 ? a.first_place[i] - k * a.place_step : i - a.origin[o];
}

// The rows of outputs whose windows contain a row of inputs (n, d, h): f(d, h, row, place).
template <class F>
FASTNN_INLINE void over_out_rows(const Windows& w, dim_t n, dim_t d, dim_t h, F f) {
    const Axis &a = w.axis[0], &b = w.axis[1];
    for (dim_t i = 0; i < a.out_count[d]; ++i) {
        const dim_t od = a.first_out[d] + i * a.out_step;
        const dim_t above = place_of(a, d, od, i) * w.pitch[0];
        for (dim_t j = 0; j < b.out_count[h]; ++j) {
            const dim_t oh = b.first_out[h] + j * b.out_step;
            f(od, oh, (n * a.out + od) * b.out + oh, above + place_of(b, h, oh, j) * w.pitch[1]);
        }
    }
}

}  // namespace
}  // namespace fastnn::FASTNN_ISA
