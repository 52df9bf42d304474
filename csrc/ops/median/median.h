// The element in the middle of each row, x in C order as (outer, size, inner) along `size`: the
// one of rank (size - 1) / 2, or the first NaN; and the index of the first element equal to it.
#pragma once

#include <cstdint>

#include "core/dtype.h"
#include "core/integer.h"
#include "core/isa.h"
#include "core/launch.h"

namespace fastnn::median {

struct Args {
    Dtype dtype;
    dim_t outer, size, inner;  // size >= 1
    const void* x;
    void* values;  // (outer, inner)
    std::int64_t* indices;
};

template <class T>
struct TypedKernels {
    // One row without gaps; `work` holds 2 n numbers.
    void (*row)(const T* x, dim_t n, T* work, T* value, std::int64_t* index);
};

using Kernels = isa::ByType<TypedKernels>;

extern const Kernel<Args> kMedian;

}  // namespace fastnn::median
