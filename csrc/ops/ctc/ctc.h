// Connectionist temporal classification (Graves, Fernandez, Gomez, Schmidhuber 2006): the negative
// log likelihood of a target, summed over all ways to spell it in T steps.
//
// A target l_1 ... l_L has S = 2 L + 1 states: blank, l_1, blank, l_2, ..., blank. With x_t(s) the
// log probability of the symbol of state s at step t, all in logarithms:
//
//     a_t(s) = x_t(s) + log(e^a_{t-1}(s) + e^a_{t-1}(s-1) + [may skip to s] e^a_{t-1}(s-2))
//     b_t(s) = log(e^(b + x)_{t+1}(s) + e^(b + x)_{t+1}(s+1) + [may skip to s+2] ...(s+2))
//     l      = -log(e^a_{T-1}(S-1) + e^a_{T-1}(S-2))
//     dl/dx_t(c) = -sum over the states s of symbol c of e^(a_t(s) + b_t(s) + l)
//
// A label may be reached from the label before it, without the blank between, where the two differ.
// Everything between x and dx is computed in double: a_t falls with every step, and a float would
// have lost the digits of its exponential after some hundred. An impossible target has l = inf and,
// unless zero_infinity makes both 0, a gradient of NaN.
#pragma once

#include <cstdint>

#include "core/dtype.h"
#include "core/integer.h"
#include "core/isa.h"
#include "core/launch.h"
#include "ops/loss/loss.h"

namespace fastnn::ctc {

using loss::Reduction;

struct Args {
    Dtype dtype;
    Reduction reduction;  // mean: of l / max(L, 1)
    bool zero_infinity;
    dim_t steps, samples, symbols;
    dim_t stride[3];  // of x and dx by step, sample and symbol, in elements
    const void* x;
    const std::int64_t* target;  // symbols; of sample n at target + offset[n]
    const std::int64_t* offset;
    const std::int64_t* input_length;   // T, at most `steps`
    const std::int64_t* target_length;  // L
    std::int64_t blank;
    void* loss;  // one number, or (samples)
    void* dx;    // the gradient of the reduced loss, or null
};

struct Kernels {
    // y_i = emit_i + log(e^p_i + e^q_i + e^(r_i + skip_i)); emit may be null, which means 0.
    void (*merge)(const double* p, const double* q, const double* r, const double* skip,
                  const double* emit, double* y, dim_t n);
    // y_i = e^(a_i + b_i + l)
    void (*posterior)(const double* a, const double* b, double l, double* y, dim_t n);
};

extern const Kernel<Args> kForward;

}  // namespace fastnn::ctc
