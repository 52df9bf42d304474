// Depthwise convolution, one channel to a group, and groups of a few channels, as many of x as of
// y: sums over taps for vectors of channels. No product of matrices, and little arithmetic for each
// number read.
#pragma once

#include "core/isa.h"
#include "ops/conv/conv.h"

namespace fastnn::conv {

bool is_depthwise(Dtype dtype, const Shape& shape);

template <class T>
void depthwise(const Args& args);

template <class T>
void depthwise_weight(const WeightArgs& args);

// One row of outputs, `count` of them. Output u meets, with tap t of each of `rows` rows of the
// kernel, the pixel in_step * u + offset + t * tap_step of that row of x, where it is one of 0 ..
// size - 1. Those from `begin` to `end` meet pixels with all of their taps.
template <class T>
struct DepthwiseRow {
    long channels, channel_stride;  // channels to be done; of all: how far pixels stand apart
    long rows, taps;
    const T* const* x;  // of each row of the kernel: pixel 0 of the row of x it meets
    const T* const* w;  // of each row of the kernel: taps x channels, again for each summed channel
    T* const* dw;
    long w_step;     // elements from tap to tap
    long w_channel;  // from one channel of the group, of those that are summed over, to the next
    long in_step, offset, tap_step, size;
    long count, begin, end;
    const T* ahead;  // pixel 0 of the row of x that the next row of outputs meets first, or null
    T* y;
    const T* dy;
    long y_step;  // elements from output to output
    const T* bias;
    const T* residual;
    bool relu, plain;  // plain: no bias, residual or relu
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

// Defined by depthwise_kernel.cpp, once per level.

}  // namespace fastnn::conv
