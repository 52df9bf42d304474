// Optimizer steps over all parameters of a model in one call, and the clipping of gradients before
// them.
//
// A call is a list of items. Each holds blocks of `size` elements in the same order: the parameter,
// its gradient and the optimizer's state for it. Blocks of one item must not overlap those of
// another. Numbers that change from step to step (learning rate, step count, norm) are read from
// buffers, so that a recorded call can be replayed.
#pragma once

#include <cstdint>

#include "core/dtype.h"
#include "core/isa.h"
#include "core/launch.h"

namespace fastnn::optim {

struct Item {
    Dtype dtype;
    bool fresh;          // sgd: the first step of this parameter
    std::int64_t group;  // row of hyper-parameters
    std::int64_t size;
    std::int64_t begin;  // elements in the items before this one
    void* param;
    const void* grad;
    void* state[3];  // sgd: buf (may be null); adam: m, v, vmax (null without amsgrad)
    double* step;    // adam: steps taken; incremented
};

// Rows of the table of hyper-parameters, one per group. Truth values are 0 or 1.
struct SgdHyper {
    double lr, momentum, dampening, weight_decay, nesterov, maximize;
};
struct AdamHyper {
    double lr, beta1, beta2, eps, weight_decay, maximize, decoupled;
};

struct Args {
    std::int64_t count;
    std::int64_t total;  // elements of all items
    const Item* items;
    const double* hyper;
};

struct NormArgs {
    std::int64_t count;
    std::int64_t total;
    const Item* items;  // `grad` is read
    double p;           // > 0, infinity for the largest magnitude
    double* norm;       // (sum |g|^p)^(1/p) over all elements of all items
};

struct ClipArgs {
    std::int64_t count;
    std::int64_t total;
    const Item* items;  // `param` is scaled or clamped in place
    const double*
        norm;  // by norm: scale by min(1, limit / (norm + 1e-6)); null: clamp to [-limit, limit]
    double limit;
};

// What one parameter of one step needs, worked out once per step. d is the gradient after its sign
// and weight decay.
struct SgdScalars {
    double sign;  // d = sign g + weight_decay p
    double weight_decay;
    double momentum;  // buf = momentum buf + gain d
    double gain;
    double lr;  // p -= lr (nesterov: d + push buf; else buf)
    double push;
};
struct AdamScalars {
    double sign;  // d = sign g + weight_decay p
    double weight_decay;
    double shrink;        // p = shrink p, before all else (decoupled weight decay)
    double gain1;         // m += gain1 (d - m)
    double beta2, gain2;  // v = beta2 v + gain2 d^2
    double scale2;        // 1 / sqrt(1 - beta2^t)
    double eps;
    double step_size;  // p -= step_size m / (scale2 sqrt(v) + eps)
};

template <class T>
struct TypedKernels {
    void (*sgd)(const SgdScalars& s, T* p, const T* g, long n);
    void (*sgd_momentum)(const SgdScalars& s, T* p, const T* g, T* buf, long n);
    void (*sgd_nesterov)(const SgdScalars& s, T* p, const T* g, T* buf, long n);
    void (*adam)(const AdamScalars& s, T* p, const T* g, T* m, T* v, long n);
    void (*amsgrad)(const AdamScalars& s, T* p, const T* g, T* m, T* v, T* vmax, long n);
    double (*sum_squares)(const T* x, long n);  // squares and sums in double: no overflow for float
    double (*max_abs)(const T* x, long n);      // NaN if any is
    void (*scale)(T* x, double factor, long n);
    void (*clamp)(T* x, double limit, long n);
};

using Kernels = isa::ByType<TypedKernels>;

extern const Kernel<Args> kSgd;
extern const Kernel<Args> kAdam;
extern const Kernel<NormArgs> kGradNorm;
extern const Kernel<ClipArgs> kClip;

}  // namespace fastnn::optim
