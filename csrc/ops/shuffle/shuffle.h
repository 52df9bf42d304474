// Channels exchanged with pixels, and among each other, in images whose channels lie side by side.
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

// Rows of pixels. With k = (i, j), j < near, the two ways round are
//     spread   y[i * far_step + j * near_step + c] = x[c * places + k]
//     collect  y[c * places + k] = x[i * far_step + j * near_step + c]
// for c < channels, k < places of each pixel; the ones of a row are `x_pixel` and `y_pixel` apart.
struct Row {
    dim_t pixels, x_pixel, y_pixel;
    dim_t channels, places;
    dim_t near, near_step, far_step;
};

struct Args {
    Dtype dtype;
    bool collect;
    Row row;
    dim_t rows, x_row, y_row;  // how many rows there are, and how far apart
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
