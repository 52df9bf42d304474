// The linear layer: y[i, o] = f(sum_j x[i, j] w[o, j] + b[o]), and all of its gradients in one
// call.
//
// x is M x I, w is O x I, y is M x O. Backward, with z the argument of f and dz = dy f'(z):
//   dx[i, j] = sum_o dz[i, o] w[o, j]      dw[o, j] = sum_i dz[i, o] x[i, j]      db[o] = sum_i
//   dz[i, o]
// f' is computed from `saved`: from y for relu, tanh and sigmoid, from z for gelu and silu.
#pragma once

#include <cstdint>

#include "core/dtype.h"
#include "core/isa.h"
#include "core/launch.h"
#include "ops/gemm/kernels.h"

namespace fastnn::linear {

using gemm::Activation;

inline bool saves_input(Activation f) {
    return f == Activation::gelu || f == Activation::gelu_tanh || f == Activation::silu;
}

// An operand of any strides, in elements.
struct Operand {
    const void* data;
    long row, col;
};

struct Args {
    Dtype dtype;
    Activation activation;
    long m, in, out;
    Operand x, w;
    const void* bias;  // or null
    void* y;           // dense
    void* before;      // z, dense, or null where it is not wanted
};

struct BackwardArgs {
    Dtype dtype;
    Activation activation;
    long m, in, out;
    Operand dy;  // unit column stride
    Operand x, w;
    const void* saved;   // dense; null without an activation
    void *dx, *dw, *db;  // dense; each may be null
};

template <class T>
struct TypedKernels {
    // For rows x cols elements: dz = dy f'(saved) where dz is not null, and sums[j] = sum_i dz[i,
    // j] where that is not null.
    void (*backward)(Activation, const T* dy, long dy_row, const T* saved, long saved_row, T* dz,
                     long dz_row, long rows, long cols, T* sums);
};

template <class T, Isa>
const TypedKernels<T>& kernels();  // defined by linear_kernel.cpp, once per level

extern const Kernel<Args> kLinear;
extern const Kernel<BackwardArgs> kLinearBackward;

}  // namespace fastnn::linear
