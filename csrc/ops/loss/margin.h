// Losses of rows of class scores with a margin.
//
//     one class t:       l = w_t / C sum over c != t of max(margin - x_t + x_c, 0)^p
//     classes t_1 ...:   l = 1 / C sum over j, and over all c that are no t, of
//                            max(1 - x_{t_j} + x_c, 0)
//
// x and dx are (rows, classes), row by row. Targets are one id for each row, or `classes` ids, of
// which the first that is no class ends the list. Unreduced, or reduced to the sum or mean over
// rows.
#pragma once

#include <cstdint>

#include "core/dtype.h"
#include "core/integer.h"
#include "core/isa.h"
#include "core/launch.h"
#include "ops/loss/loss.h"

namespace fastnn::margin {

using loss::Reduction;

struct Rows {
    Dtype dtype;
    Reduction reduction;
    dim_t count, classes;
    const void* x;
    const std::int64_t* target;
    const void* weight;  // (classes) or null
    bool multilabel;
    bool squared;  // p = 2
    double margin;
};

struct Args {
    Rows rows;
    void* loss;  // one number, or (count) where nothing is reduced
};

struct BackwardArgs {
    Rows rows;
    const void* dy;  // one number, or (count) where nothing was reduced
    void* dx;
};

// One row: its loss without weight and 1 / C, and dx = factor times the derivative of that. `mark`
// is scratch for C numbers.
template <class T>
struct TypedKernels {
    double (*forward)(const Rows& r, const T* x, const std::int64_t* target, T* mark);
    void (*backward)(const Rows& r, const T* x, const std::int64_t* target, T* mark, T factor,
                     T* dx);
};

using Kernels = isa::ByType<TypedKernels>;

extern const Kernel<Args> kForward[2];  // by Rows::multilabel
extern const Kernel<BackwardArgs> kBackward[2];

}  // namespace fastnn::margin
