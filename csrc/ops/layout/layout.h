// Images in the order that convolutions and poolings read:
//     y[n, d, h, w, c] = x[n, c, d, h, w]
// x has any strides, y is dense; they overlap nothing. Axes missing in front are 1.
#pragma once

#include "core/dtype.h"
#include "core/integer.h"
#include "core/isa.h"
#include "core/launch.h"

namespace fastnn::layout {

constexpr int kAxes = 3;  // of space

struct Args {
    Dtype dtype;
    dim_t n, c, size[kAxes];
    dim_t n_stride, c_stride, stride[kAxes];  // of x, in elements
    const void* x;
    void* y;
};

extern const Kernel<Args> kChannelsLast;

// y[j * rows + i] = x[i * x_row + j] for i < rows, j < columns.
template <class T>
using Transpose = void (*)(const T* x, dim_t x_row, dim_t rows, dim_t columns, T* y);

using Kernels = isa::ByType<Transpose>;

}  // namespace fastnn::layout
