// Steps of single rows of a table: the rows ids[0 .. count) of p, (V, width) in C order, whose
// gradients are the rows of g, (count, width). Ids lie in [0, V) and ascend, so that no two threads
// write one row.
#pragma once

#include <cstdint>

#include "core/dtype.h"
#include "core/integer.h"
#include "core/launch.h"

namespace fastnn::optim {

struct Rows {
    Dtype dtype;
    dim_t count, width;
    const std::int64_t* ids;
    const void* grad;
    void* param;
};

// p -= lr g
struct SgdRowsArgs {
    Rows rows;
    bool maximize;
    double lr;
};

// m = beta1 m + (1 - beta1) g,  v = beta2 v + (1 - beta2) g^2,
// p -= lr sqrt(1 - beta2^t) / (1 - beta1^t) m / (sqrt(v) + eps)
struct AdamRowsArgs {
    Rows rows;
    bool maximize;
    void *exp_avg, *exp_avg_sq;  // m and v, laid out as the table
    double* step;                // t - 1; incremented
    double lr, beta1, beta2, eps;
};

extern const Kernel<SgdRowsArgs> kSgdRows;
extern const Kernel<AdamRowsArgs> kAdamRows;

}  // namespace fastnn::optim
