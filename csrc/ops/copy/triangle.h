// Matrices cut to a triangle:
//     lower  y[.., i, j] = x[.., i, j] if j - i <= diagonal, else 0
//     upper  y[.., i, j] = x[.., i, j] if j - i >= diagonal, else 0
// The last two axes are those of the matrices. Strides, types and kernels are those of a copy,
// whose two types are the same.
#pragma once

#include "ops/copy/copy.h"

namespace fastnn::copy {

struct TriangleArgs {
    Args copy;
    bool lower;
    dim_t diagonal;
};

extern const Kernel<TriangleArgs> kTril, kTriu;

}  // namespace fastnn::copy
