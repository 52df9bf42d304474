// Images in the order that convolutions read:
//     y[n, d, h, w, c] = x[n, c, d, h, w]
// x has any strides, y is dense; they overlap nothing. Axes missing in front are 1.
#pragma once

#include "core/dtype.h"
#include "core/isa.h"
#include "core/launch.h"
#include "ops/conv/conv.h"

namespace fastnn::conv {

struct LayoutArgs {
    Dtype dtype;
    long n, c, size[kAxes];
    long n_stride, c_stride, stride[kAxes];  // of x, in elements
    const void* x;
    void* y;
};

extern const Kernel<LayoutArgs> kChannelsLast;

// y[j * rows + i] = x[i * x_row + j] for i < rows, j < columns.
struct LayoutKernels {
    void (*f32)(const float* x, long x_row, long rows, long columns, float* y);
    void (*f64)(const double* x, long x_row, long rows, long columns, double* y);
};

}  // namespace fastnn::conv
