// The linear layer: y[i, o] = f(sum_j x[i, j] w[o, j] + b[o]), and all of its gradients in one
// call.
//
// x is M x I, w is O x I, y is M x O. Backward, with z the argument of f and dz = dy f'(z):
//   dx[i, j] = sum_o dz[i, o] w[o, j]
//   dw[o, j] = sum_i dz[i, o] x[i, j]
//   db[o] = sum_i dz[i, o]
// f' is computed from `saved`: from y for activations whose facts say so, from z for all others.
#pragma once

#include "core/dtype.h"
#include "core/epilogue.h"
#include "core/integer.h"
#include "core/isa.h"
#include "core/launch.h"

namespace fastnn {

class PackedCache;

}  // namespace fastnn

namespace fastnn::linear {

// An operand of any strides, in elements.
struct Operand {
    const void* data;
    dim_t row, col;
};

struct Args {
    Dtype dtype;
    dim_t m, in, out;
    Operand x, w;
    void* y;  // dense
    Epilogue<void> epilogue;
    PackedCache* cache;  // of w, where w can never change; or null
};

struct BackwardArgs {
    Dtype dtype;
    FusedActivation activation;
    dim_t m, in, out;
    Operand dy;  // unit column stride
    Operand x, w;
    const void* saved;   // dense; null without an activation
    void *dx, *dw, *db;  // dense; each may be null
};

template <class T>
struct TypedKernels {
    // sums[j] = sum_i x[i, j], from the first row to the last.
    void (*sum_rows)(const T* x, dim_t x_row, dim_t rows, dim_t cols, T* sums);
};

extern const Kernel<Args> kLinear;
extern const Kernel<BackwardArgs> kLinearBackward;

}  // namespace fastnn::linear
