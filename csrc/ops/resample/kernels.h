// The kernel table of resample.h.
#pragma once

#include <stdint.h>

#include "core/integer.h"
#include "core/isa.h"

namespace fastnn::resample {

// The summands of each place of one axis: entries start[j] ... start[j + 1] - 1.
template <class T>
struct Axis {
    dim_t from, to;  // numbers of places
    const int* start;
    const int* place;
    const T* weight;
    dim_t taps;  // 1: each place is a copy; 2: each is a sum of two; 0: any number
};

// Rows of places (n, d, h), for channels c_begin ... c_end - 1, `block` channels at a time.
template <class T>
struct Rows {
    const Axis<T>* axis;  // three
    dim_t c;
    dim_t begin, end;
    dim_t c_begin, c_end, block;
    const T* from;
    T* to;
    T* line;      // room for `block` channels of one row of `from`
    bool stream;  // non-temporal stores
};

template <class T>
struct TypedKernels {
    void (*rows)(const Rows<T>& r);
};

using Kernels = isa::ByType<TypedKernels>;

}  // namespace fastnn::resample
