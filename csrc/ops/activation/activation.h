// Activations, element by element: y[i] = f(x[i]) and dx[i] = dy[i] f'(x[i]).
//
// All arrays are blocks of `size` elements in the same order; y may be x, dx may be dy. In
// backward, `saved` is the output y where the facts of the activation say so (relu, sigmoid, tanh
// and step), and the input x elsewhere. NaN propagates.
//
// Drivers that fuse an activation call apply and apply_gradient on pieces of their output while
// those are in cache. There is one compiled loop for each activation, whose result for an element
// depends on that element alone: fused and unfused give the same bits.
#pragma once

#include "core/activation.h"
#include "core/dtype.h"
#include "core/epilogue.h"
#include "core/integer.h"
#include "core/isa.h"
#include "core/launch.h"

namespace fastnn::activation {

struct Args {
    FusedActivation f;
    Dtype dtype;
    dim_t size;
    const void* x;
    void* y;
};

struct BackwardArgs {
    FusedActivation f;
    Dtype dtype;
    dim_t size;
    const void* dy;
    const void* saved;
    void* dx;
};

// What docstrings say: y from x, with the names of the parameters; y and dy/dx at -1, 0 and 2.
struct Words {
    const char *formula, *values, *gradients;
};

// By activation; those of Activation::none are null. stream: write past the caches; the output is
// then aligned to 64 bytes.
template <class T>
struct TypedKernels {
    ActivationFacts facts[kActivations];
    Words words[kActivations];
    void (*forward[kActivations])(const T* x, T* y, dim_t n, const ActivationParams& params,
                                  bool stream);
    void (*backward[kActivations])(const T* dy, const T* saved, T* dx, dim_t n,
                                   const ActivationParams& params, bool stream);
};

// Not of Activation::none, like all that follows.
const ActivationFacts& facts(Activation f);
const Words& words(Activation f);
const Kernel<Args>& forward_kernel(Activation f);
const Kernel<BackwardArgs>& backward_kernel(Activation f);

// A whole array, on all threads.
void forward(const Args& args);
void backward(const BackwardArgs& args);

// Row i at data + i * stride.
template <class T>
struct Rows {
    T* data;
    dim_t stride;
};

// y = f(x) and dx = dy f'(x), on the calling thread. y may be x, dx may be dy.
template <class T>
void apply(const FusedActivation& f, Rows<const T> x, Rows<T> y, dim_t rows, dim_t cols);
// y = f(z) where kernels leave that of an epilogue: rows of `stride` elements, the first at y + at.
template <class T>
void finish(const Epilogue<T>& e, T* y, dim_t at, dim_t stride, dim_t rows, dim_t cols);
template <class T>
void apply_gradient(const FusedActivation& f, Rows<const T> dy, Rows<const T> saved, Rows<T> dx,
                    dim_t rows, dim_t cols);

}  // namespace fastnn::activation
