// Rectifier with random slopes: y_i = x_i where x_i > 0, else s_i x_i, with
// s_i = lower + (upper - lower) u_i and u_i uniform in [0, 1) (Xu et al. 2015).
//
// x, factor and y are `size` elements in C order; y may be either. Forward passes x as `factor`;
// backward, dx_i = dy_i or s_i dy_i, passes dy. u_i is number i of a Philox stream, so backward
// draws the slopes again.
#pragma once

#include <cstdint>

#include "core/dtype.h"
#include "core/integer.h"
#include "core/isa.h"
#include "core/launch.h"

namespace fastnn::rrelu {

struct Args {
    Dtype dtype;
    dim_t size;
    const void* x;
    const void* factor;
    void* y;
    const std::uint64_t* stream;  // seed, offset
    double lower, upper;
};

// The stream and the slopes, as kernels use them.
struct Draw {
    std::uint64_t seed, offset;
    double lower, width;
};

constexpr dim_t kBlock = 64;  // random numbers drawn at a time

template <class T>
struct TypedKernels {
    void (*run)(const Draw& d, dim_t first_block, const T* x, const T* factor, T* y, dim_t n);
};

using Kernels = isa::ByType<TypedKernels>;

extern const Kernel<Args> kForward, kBackward;

}  // namespace fastnn::rrelu
