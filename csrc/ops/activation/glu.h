// Gated linear unit: y = a sigmoid(b), a and b the halves of x along an axis (Dauphin et al. 2017).
//
// x is (outer, 2, size) in memory and y (outer, size). Backward: da = dy sigmoid(b) and
// db = dy a sigmoid(b) (1 - sigmoid(b)), laid out as x. No array aliases another.
#pragma once

#include "core/dtype.h"
#include "core/integer.h"
#include "core/isa.h"
#include "core/launch.h"

namespace fastnn::glu {

struct Args {
    Dtype dtype;
    dim_t outer, size;
    const void* x;
    void* y;
};

struct BackwardArgs {
    Dtype dtype;
    dim_t outer, size;
    const void* dy;
    const void* x;
    void* dx;
};

// Of n elements; a and b are the same places in the halves.
template <class T>
struct TypedKernels {
    void (*forward)(const T* a, const T* b, T* y, dim_t n);
    void (*backward)(const T* dy, const T* a, const T* b, T* da, T* db, dim_t n);
};

using Kernels = isa::ByType<TypedKernels>;

extern const Kernel<Args> kForward;
extern const Kernel<BackwardArgs> kBackward;

}  // namespace fastnn::glu
