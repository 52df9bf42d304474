// Depthwise sums over taps for rows of outputs, once per instruction set.
#pragma once

#include "core/epilogue.h"
#include "core/integer.h"
#include "core/isa.h"

namespace fastnn::conv {

// One row of outputs, `count` of them. Output u meets, with tap t of each of `rows` rows of the
// kernel, the pixel in_step * u + offset + t * tap_step of that row of x, where it is one of 0 ..
// size - 1. Those from `begin` to `end` meet pixels with all of their taps.
template <class T>
struct DepthwiseRow {
    dim_t channels, channel_stride;  // channels to be done; of all: the distance of pixels
    dim_t rows, taps;
    const T* const* x;  // of each row of the kernel: pixel 0 of the row of x it meets
    const T* const* w;  // of each row of the kernel: taps x channels, again for each summed channel
    T* const* dw;
    dim_t w_step;     // elements from tap to tap
    dim_t w_channel;  // from one channel of the group, of those that are summed over, to the next
    dim_t in_step, offset, tap_step, size;
    dim_t count, begin, end;
    const T* ahead;  // pixel 0 of the row of x that the next row of outputs meets first, or null
    T* y;
    const T* dy;
    dim_t y_step;          // elements from output to output
    Epilogue<T> epilogue;  // of the first output and channel
    bool plain;            // no bias, residual or relu
};

template <class T>
struct DepthwiseRows {
    void (*outputs)(const DepthwiseRow<T>&);
    void (*weights)(const DepthwiseRow<T>&);  // adds to dw
};

// For groups of 1, 2, 4 and 8 channels; null where a register has no more lanes than these.
template <class T>
struct DepthwiseKernels {
    DepthwiseRows<T> groups[4];
};

}  // namespace fastnn::conv
