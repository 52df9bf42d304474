// Channels moved to pixels and back, and permuted, in channels-last images.
//
//     pixel_shuffle    y[n, h, i, w, j, c] = x[n, h, w, c, i, j]   for i, j < r
//     pixel_unshuffle  y[n, h, w, c, i, j] = x[n, h, i, w, j, c]
//     channel_shuffle  y[p, b, a] = x[p, a, b]                     for a < g groups of k channels
//
// Both arrays are dense in the order of these indices and overlap nothing. Elements are bits.
#pragma once

#include "core/dtype.h"
#include "core/integer.h"
#include "core/isa.h"
#include "core/launch.h"

namespace fastnn::shuffle {

// A row of pixels. With k = (i, j), j < j_count, the two directions are
//     spread   y[i * i_stride + j * j_stride + c] = x[c * places + k]
//     collect  y[c * places + k] = x[i * i_stride + j * j_stride + c]
// for c < channels, k < places of each pixel. Pixels have the strides `x_pixel` and `y_pixel`.
struct Row {
    dim_t pixels, x_pixel, y_pixel;
    dim_t channels, places;
    dim_t j_count, j_stride, i_stride;
};

struct Args {
    Dtype dtype;
    bool collect;
    Row row;
    dim_t rows, x_row, y_row;  // number and strides of rows
    const void* x;
    void* y;
};

extern const Kernel<Args> kPixelShuffle, kPixelUnshuffle, kChannelShuffle;

template <class T>
struct TypedKernels {
    void (*spread)(const Row& r, const T* x, T* y);
    void (*collect)(const Row& r, const T* x, T* y);
};

using Kernels = isa::ByType<TypedKernels>;

}  // namespace fastnn::shuffle
