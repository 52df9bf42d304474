// The kernel table of grid_sample.h.
#pragma once

#include <stdint.h>

#include "core/integer.h"
#include "core/isa.h"
#include "ops/grid_sample/grid_sample.h"

namespace fastnn::grid_sample {

// Points begin ... end - 1 of one sample, for channels c_begin ... c_end - 1.
template <class T>
struct Points {
    Mode mode;
    Padding padding;
    bool align_corners;
    int axes;
    dim_t size[kAxes];
    dim_t c, c_begin, c_end;
    dim_t begin, end;
    const T* grid;  // of the sample, as all below
    const T* x;
};

template <class T>
struct TypedKernels {
    void (*sample)(const Points<T>& p, T* y);
    // Adds to dx; writes dgrid, for which all channels must be given. Either may be null.
    void (*backward)(const Points<T>& p, const T* dy, T* dx, T* dgrid);
};

using Kernels = isa::ByType<TypedKernels>;

}  // namespace fastnn::grid_sample
