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
#include "core/integer.h"
#include "core/isa.h"
#include "core/launch.h"

namespace fastnn::optim {

// The optimizers, with d = g + weight_decay p, or -g + weight_decay p to maximize. The functor of
// each, with its facts, is in the folder rules.
enum class Rule : std::uint8_t {
    sgd,       // buf = momentum buf + (1 - dampening) d, or d at first;  p -= lr buf
    adam,      // m += (1 - beta1) (d - m),  v = beta2 v + (1 - beta2) d^2,
               // p -= lr / (1 - beta1^t) m / (sqrt(v / (1 - beta2^t)) + eps)
    rmsprop,   // v = alpha v + (1 - alpha) d^2,  m += (1 - alpha) (d - m) (centered, else m is 0),
               // buf = momentum buf + d / (sqrt(v - m^2) + eps),  p -= lr buf
    adagrad,   // v += d^2,  p -= lr / (1 + (t - 1) lr_decay) d / (sqrt(v) + eps)
    adadelta,  // v = rho v + (1 - rho) d^2,  u = sqrt(a + eps) / sqrt(v + eps) d,
               // a = rho a + (1 - rho) u^2,  p -= lr u
    adamax,    // m as in adam,  u = max(beta2 u, |d| + eps),  p -= lr / (1 - beta1^t) m / u
    nadam,     // m and v as in adam,  mu_t = beta1 (1 - 0.96^(t momentum_decay) / 2),
               // p -= lr ((1 - mu_t) / (1 - mu_1 .. mu_t) d + mu_t+1 / (1 - mu_1 .. mu_t+1) m)
               //      / (sqrt(v / (1 - beta2^t)) + eps)
    radam,     // m and v as in adam,  p -= lr r_t / (1 - beta1^t) m sqrt(1 - beta2^t)
               // / (sqrt(v) + eps), or while the variance of v is unknown lr / (1 - beta1^t) m
    asgd,      // p = (1 - lambd eta) p - eta d,  a += mu (p - a)
    rprop,     // s *= eta_plus, eta_minus or 1 as d times the one before is above, below or at 0,
               // p -= sign(d) s, and d = 0 below
    lion,  // p -= lr (sign(beta1 m + (1 - beta1) g) + weight_decay p),  m += (1 - beta2) (g - m)
    lamb,  // u = m / (sqrt(v) + eps) + weight_decay p with m and v of adam, without bias,
           // p -= lr |p| / |u| u
    count
};
constexpr int kRules = static_cast<int>(Rule::count);
constexpr int kMaxStates = 3;
constexpr int kMaxNumbers = 3;
constexpr int kMaxNorms = 2;
constexpr int kMaxScalars = 10;

struct Item {
    Dtype dtype;
    bool fresh;   // the first step of this parameter, where the rule asks
    dim_t group;  // row of hyper-parameters
    dim_t size;
    dim_t begin;  // elements in the items before this one
    void* param;
    const void* grad;
    void* state[kMaxStates];      // null for one that is not given
    double* number[kMaxNumbers];  // null for one that the rule lacks; the first is incremented
};

// What a functor states about itself.
struct Facts {
    const char* name;
    const char* states[kMaxStates] = {};    // null after the last one
    int needed;                             // so many states, the first ones; others are optional
    const char* numbers[kMaxNumbers] = {};  // one float64 of each parameter, the first its steps;
                                            // without any, Item::fresh is given
    int hyper;                              // numbers in a row of hyper-parameters
    int flops, arrays;                      // per element: operations, and arrays read or written
    int norms = 0;                          // sums over each parameter that the update needs
};

struct Args {
    Rule rule;
    dim_t count;
    dim_t total;  // elements of all items
    const Item* items;
    const double* hyper;  // a row for each group
};

struct NormArgs {
    dim_t count;
    dim_t total;
    const Item* items;  // `grad` is read
    double p;           // > 0, infinity for the largest magnitude
    double* norm;       // (sum |g|^p)^(1/p) over all elements of all items
};

struct ClipArgs {
    dim_t count;
    dim_t total;
    const Item* items;   // `param` is scaled or clamped in place
    const double* norm;  // scale by min(1, limit / (norm + 1e-6)); null: clamp to [-limit, limit]
    double limit;
};

// Scalars of one parameter, computed once per step: memory for the functor's own type. Those of SGD
// and Adam are here, because steps of single rows (rows.h) fill them.
struct Scalars {
    double value[kMaxScalars];
};
struct SgdScalars {
    double sign, weight_decay;  // d = sign g + weight_decay p
    double momentum, gain;      // buf = momentum buf + gain d
    double lr, push;            // p -= lr buf, with nesterov lr (d + push buf)
    double nesterov;
};
struct AdamScalars {
    double sign, weight_decay;  // d = sign g + weight_decay p
    double shrink;              // p = shrink p, before all else (decoupled weight decay)
    double gain1;               // m += gain1 (d - m)
    double beta2, gain2;        // v = beta2 v + gain2 d^2
    double scale2, eps;         // scale2 = 1 / sqrt(1 - beta2^t)
    double step_size;           // p -= step_size m / (scale2 sqrt(v) + eps)
};

template <class T>
struct TypedKernels {
    Facts facts[kRules];
    const char* docstring[kRules];
    void (*prepare[kRules])(const double* hyper, const Item& item, Scalars& s);
    // For rules with norms, between the two others.
    void (*measure[kRules])(const Scalars& s, const T* p, const T* g, T* const* state, dim_t n,
                            double* sums);
    void (*settle[kRules])(const double* sums, Scalars& s);
    void (*update[kRules])(const Scalars& s, T* p, const T* g, T* const* state, dim_t n);
    double (*sum_squares)(const T* x, dim_t n);  // in double: float squares do not overflow
    double (*max_abs)(const T* x, dim_t n);      // NaN if any is
    void (*scale)(T* x, double factor, dim_t n);
    void (*clamp)(T* x, double limit, dim_t n);
};

using Kernels = isa::ByType<TypedKernels>;  // defined by optim_kernel.cpp, once per level

const Facts& facts(Rule rule);
const char* docstring(Rule rule);
const Kernel<Args>& kernel(Rule rule);
extern const Kernel<NormArgs> kGradNorm;
extern const Kernel<ClipArgs> kClip;

}  // namespace fastnn::optim
