// Softmax and cross entropy in one pass.
//
// The logits x are (outer, C, inner) in memory: (N, C) has inner = 1, an (N, C, d1, ...) array in C
// order has inner = d1 ..., in channels-last order outer = N d1 .... A row is the C logits of one
// (outer, inner). Its loss is
//
//     l = sum_c k_c (logsumexp(x) - x_c)
//     class ids t:      k_c = w_c ((1 - s) [c = t] + s / C),  0 for all c where t = ignore_index
//     probabilities q:  k_c = w_c ((1 - s) q_c + s / C)
//
// with class weights w (1 if not given) and label smoothing s. Reduced: sum of l, or mean, which
// divides by the sum of w_t over rows that count (class ids), or by the number of rows
// (probabilities).
//
// The gradient of the reduced loss, dx_c = (softmax(x)_c sum k - k_c) / divisor, needs the
// exponentials that the loss needs: forward writes it while the row is in cache (dx not null), and
// backward only multiplies it by dy. So logits are read once from memory and dx is written once;
// with the gradient computed in backward, they would be read again: half as much traffic more.
#pragma once

#include <cstdint>

#include "core/dtype.h"
#include "core/integer.h"
#include "core/launch.h"
#include "ops/loss/loss.h"

namespace fastnn::cross_entropy {

using loss::Reduction;

struct Args {
    Dtype dtype;
    Reduction reduction;
    dim_t outer, classes, inner;
    const void* x;
    const std::int64_t* target;  // (outer, inner); ids outside [0, C) are ignored. Or null, and:
    const void* probabilities;   // laid out as x
    const void* weight;          // (C) or null
    std::int64_t ignore_index;
    double label_smoothing;
    void* loss;  // one number, or (outer, inner) where nothing is reduced
    void* dx;    // laid out as x, and x itself where inner is 1 if wanted; or null
};

// dx = dy times what forward wrote; dy is one number or, where nothing was reduced, (outer, inner).
struct BackwardArgs {
    Dtype dtype;
    Reduction reduction;
    dim_t outer, classes, inner;
    const void* dy;
    const void* saved;
    void* dx;
};

extern const Kernel<Args> kForward;
extern const Kernel<BackwardArgs> kBackward;

}  // namespace fastnn::cross_entropy
