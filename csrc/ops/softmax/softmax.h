// Softmax over one axis: y_c = e^(x_c - m) / sum_j e^(x_j - m), m = max x; log_softmax: y_c = x_c -
// m - log(sum ...). Backward: dx_c = y_c (dy_c - sum_j dy_j y_j); for log_softmax: dx_c = dy_c -
// e^(y_c) sum_j dy_j.
//
// Arrays are (outer, size, inner) in memory, the axis in the middle; all have the same layout; y
// may be x, dx may be dy. A row whose numbers are all -inf, or that holds NaN or +inf, becomes NaN.
#pragma once

#include "core/dtype.h"
#include "core/integer.h"
#include "core/isa.h"
#include "core/launch.h"

namespace fastnn::softmax {

struct Args {
    Dtype dtype;
    bool log;
    dim_t outer, size, inner;
    const void* x;
    void* y;
};

struct BackwardArgs {
    Dtype dtype;
    bool log;
    dim_t outer, size, inner;
    const void* dy;
    const void* y;
    void* dx;
};

// By Args::log. rows: `count` rows of `size` numbers, one after the other. columns: `count`
// neighbouring rows whose numbers are `stride` apart.
template <class T>
struct TypedKernels {
    void (*rows[2])(const T* x, T* y, dim_t size, dim_t count);
    void (*columns[2])(const T* x, T* y, dim_t size, dim_t stride, dim_t count);
    void (*rows_backward[2])(const T* dy, const T* y, T* dx, dim_t size, dim_t count);
    void (*columns_backward[2])(const T* dy, const T* y, T* dx, dim_t size, dim_t stride,
                                dim_t count);
};

using Kernels = isa::ByType<TypedKernels>;

extern const Kernel<Args> kForward[2];  // by Args::log
extern const Kernel<BackwardArgs> kBackward[2];

}  // namespace fastnn::softmax
