// Cross entropy of a linear layer's output, z = x W^T + b, without that output in memory.
//
// Rows are computed in blocks: the scores of a block, from them its losses and dl/dz in place (the
// kernel of ops/loss/cross_entropy), and from these its part of every gradient. So a call needs
// room for one block of scores, and nothing is computed twice: where the loss is reduced, the
// forward pass computes the gradients of the reduced loss, and backward only multiplies them by dy.
// Unreduced, backward is a call with `dy`, which computes the scores again.
//
// x and dx are (N, D), W and dW (V, D), b and db (V), all in C order. Blocks depend on V alone.
#pragma once

#include <cstdint>

#include "core/dtype.h"
#include "core/integer.h"
#include "core/launch.h"
#include "ops/loss/loss.h"

namespace fastnn::linear_cross_entropy {

using loss::Reduction;

struct Args {
    Dtype dtype;
    Reduction reduction;
    dim_t rows, in, classes;
    const void* x;
    const void* w;
    const void* b;               // or null
    const std::int64_t* target;  // (rows); ids outside [0, V) are ignored
    const void* weight;          // (V) or null
    std::int64_t ignore_index;
    double label_smoothing;
    const void* dy;  // (rows) or null, which means 1
    void* loss;      // one number, or (rows) where nothing is reduced
    void* dx;        // each may be null
    void* dw;
    void* db;
};

extern const Kernel<Args> kForward;

}  // namespace fastnn::linear_cross_entropy
