// Rectifier with learnt slopes: y = x where x > 0, else w_c x (He et al. 2015).
//
// x, y, dy and dx are (outer, channels, inner) in memory, w and dw (channels); one slope for all
// elements is channels = 1. Backward: dx = dy where x > 0, else w_c dy, and
// dw_c = sum of dy x over the elements of channel c with x <= 0. y may be x, dx may be dy.
#pragma once

#include "core/dtype.h"
#include "core/integer.h"
#include "core/isa.h"
#include "core/launch.h"

namespace fastnn::prelu {

struct Args {
    Dtype dtype;
    dim_t outer, channels, inner;
    const void* x;
    const void* w;
    void* y;
};

struct BackwardArgs {
    Dtype dtype;
    dim_t outer, channels, inner;
    const void* dy;
    const void* x;
    const void* w;
    void* dx;
    void* dw;
};

// run: n elements of one channel. rows: `count` rows of n channels. Backward adds to dw in double:
// one number, or n of them.
template <class T>
struct TypedKernels {
    void (*run)(const T* x, T w, T* y, dim_t n);
    void (*rows)(const T* x, const T* w, T* y, dim_t n, dim_t count);
    void (*run_backward)(const T* dy, const T* x, T w, T* dx, double* dw, dim_t n);
    void (*rows_backward)(const T* dy, const T* x, const T* w, T* dx, double* dw, dim_t n,
                          dim_t count);
};

using Kernels = isa::ByType<TypedKernels>;

extern const Kernel<Args> kForward;
extern const Kernel<BackwardArgs> kBackward;

}  // namespace fastnn::prelu
