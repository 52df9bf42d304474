// Losses of single elements: l_i = w_i f(x_i, t_i), unreduced or reduced to their sum or mean.
//
// All arrays are blocks of `size` elements in the same order. Weights may be null, which means 1.
// Some losses have a third operand v: the weight of positive targets (1 where null), a variance, or
// the side of a pair.
#pragma once

#include <cstdint>

#include "core/dtype.h"
#include "core/integer.h"
#include "core/isa.h"
#include "core/launch.h"

namespace fastnn::loss {

enum class Reduction : std::uint8_t { none, mean, sum };

// With d = x - t, parameters p, q, r and third operand v. The functor of each loss, with its facts,
// is in loss_kernel.cpp.
enum class Op : std::uint8_t {
    mse,              // d^2
    l1,               // |d|
    smooth_l1,        // |d| < p: d^2 / (2 p), else |d| - p / 2
    huber,            // |d| < p: d^2 / 2, else p (|d| - p / 2)
    soft_margin,      // log(1 + e^(-t x))
    bce,              // -(t log(x) + (1 - t) log(1 - x)), each logarithm at least -100; x in [0, 1]
    bce_with_logits,  // (1 - t) x + (1 + (v - 1) t) log(1 + e^-x)
    kl_div,           // t (log(t) - x); p: e^t (t - x)
    hinge_embedding,  // x where t != -1, plus max(p - x, 0) where t != 1
    poisson_nll,      // p: e^x - t x, else x - t log(x + r); q: + log(t!) by Stirling where t > 1
    sigmoid_focal,    // c q^p ce, see the functor
    gaussian_nll,     // (log(w) + d^2 / w) / 2, w = max(v, q); p: + log(2 pi) / 2
    margin_ranking,   // max(p - v d, 0)
    count
};
constexpr int kOps = static_cast<int>(Op::count);

struct Params {
    double p = 0, q = 0, r = 0;
};

// What a gradient is of.
enum class Operand : std::uint8_t { input, target, third };

struct Args {
    Op op;
    Dtype dtype;
    Reduction reduction;
    dim_t size;
    const void* x;
    const void* target;
    const void* weight;
    const void* third;
    Params params;
    void* loss;  // one number, or `size` where nothing is reduced
};

// dx = dy dl/dx, or that of another operand; dy is one number, or `size` where nothing was reduced.
struct BackwardArgs {
    Op op;
    Dtype dtype;
    Reduction reduction;
    Operand of;
    dim_t size;
    const void* dy;
    const void* x;
    const void* target;
    const void* weight;
    const void* third;
    Params params;
    void* dx;
};

// What a functor states about itself.
struct Facts {
    struct Parameter {
        const char* name = nullptr;  // null after the last one
        double usual = 0;            // its default
        bool positive = false;       // must be greater than 0
    };
    const char* name;
    const char* formula;            // of l
    const char* more = "";          // what the formula leaves open, a paragraph
    int flops;                      // per element, for the profiler
    double element_ns;              // what an element costs one thread, float32 from cache
    Parameter parameters[3] = {};   // those of Params, in their order
    bool weighted = false;          // takes weight (and has a binding of its own)
    const char* operand = nullptr;  // the name of v where it is required and has a gradient
    // l and dl/dx / 2 where x is (0.5, 0.3), t is (1, 0.5) and v (1, -1) or, a variance, (1, 1), as
    // docstrings show them.
    const char *losses, *gradients;
};

// The arguments of the kernels: one chunk, one type.
template <class T>
struct Chunk {
    dim_t n;
    const T* x;
    const T* target;
    const T* weight;
    const T* third;
    Params params;
};

template <class T>
struct TypedKernels {
    Facts facts[kOps];
    // Returns the sum, in fixed order; writes each loss where `loss` is not null.
    double (*forward[kOps])(const Chunk<T>& c, T* loss);
    // dx = factor dy df/dx, or that of another operand; dy may be null, which means 1.
    void (*backward[kOps])(const Chunk<T>& c, const T* dy, T factor, Operand of, T* dx);
};

using Kernels = isa::ByType<TypedKernels>;

const Facts& facts(Op op);
const Kernel<Args>& forward_kernel(Op op);
const Kernel<BackwardArgs>& backward_kernel(Op op);

}  // namespace fastnn::loss
