// Losses of single elements: l_i = w_i f(x_i, t_i), unreduced or reduced to their sum or mean.
//
// All arrays are blocks of `size` elements in the same order. Weights may be null, which means 1.
#pragma once

#include <cstdint>

#include "core/dtype.h"
#include "core/integer.h"
#include "core/isa.h"
#include "core/launch.h"

namespace fastnn::loss {

enum class Reduction : std::uint8_t { none, mean, sum };

// With d = x - t, parameter p and pos_weight v. The functor of each loss, with its facts, is in
// loss_kernel.cpp.
enum class Op : std::uint8_t {
    mse,              // d^2
    l1,               // |d|
    smooth_l1,        // |d| < p: d^2 / (2 p), else |d| - p / 2
    huber,            // |d| < p: d^2 / 2, else p (|d| - p / 2)
    soft_margin,      // log(1 + e^(-t x))
    bce,              // -(t log(x) + (1 - t) log(1 - x)), each logarithm at least -100; x in [0, 1]
    bce_with_logits,  // (1 - t) x + (1 + (v - 1) t) log(1 + e^-x)
    count
};
constexpr int kOps = static_cast<int>(Op::count);

struct Args {
    Op op;
    Dtype dtype;
    Reduction reduction;
    dim_t size;
    const void* x;
    const void* target;
    const void* weight;
    const void* pos_weight;
    double parameter;
    void* loss;  // one number, or `size` where nothing is reduced
};

// dx = dy dl/dx, or dy dl/dt where to_target; dy is one number, or `size` where nothing was
// reduced.
struct BackwardArgs {
    Op op;
    Dtype dtype;
    Reduction reduction;
    bool to_target;
    dim_t size;
    const void* dy;
    const void* x;
    const void* target;
    const void* weight;
    const void* pos_weight;
    double parameter;
    void* dx;
};

// What a functor states about itself.
struct Facts {
    const char* name;
    const char* formula;              // of l
    int flops;                        // per element, for the profiler
    double element_ns;                // what an element costs one thread, float32 from cache
    const char* parameter = nullptr;  // greater than 0; null where there is none
    bool weighted = false;            // takes weight (and has a binding of its own)
    // l and dl/dx / 2 where x is (0.5, 0.3) and t is (1, 0.5), as docstrings show them.
    const char *losses, *gradients;
};

// The arguments of the kernels: one chunk, one type.
template <class T>
struct Chunk {
    dim_t n;
    const T* x;
    const T* target;
    const T* weight;
    const T* pos_weight;
    T parameter;
};

template <class T>
struct TypedKernels {
    Facts facts[kOps];
    // Returns the sum, in fixed order; writes each loss where `loss` is not null.
    double (*forward[kOps])(const Chunk<T>& c, T* loss);
    // dx = factor dy df/dx (df/dt where to_target); dy may be null, which means 1.
    void (*backward[kOps])(const Chunk<T>& c, const T* dy, T factor, bool to_target, T* dx);
};

using Kernels = isa::ByType<TypedKernels>;

const Facts& facts(Op op);
const Kernel<Args>& forward_kernel(Op op);
const Kernel<BackwardArgs>& backward_kernel(Op op);

}  // namespace fastnn::loss
