// Negative log likelihood: l = -w_t x_t for the class id t of each row, unreduced or reduced as in
// cross_entropy.h.
//
// x is (outer, C, inner) in memory, target (outer, inner). Only gathers and scatters: no kernel per
// ISA.
#pragma once

#include <cstdint>

#include "core/dtype.h"
#include "core/integer.h"
#include "core/launch.h"
#include "ops/loss/loss.h"

namespace fastnn::nll {

using loss::Reduction;

// The class ids of a batch, and how much each row counts.
struct Targets {
    dim_t rows, classes;
    const std::int64_t* id;  // an id outside [0, classes) counts as ignore_index
    const void* weight;      // (classes) or null
    std::int64_t ignore_index;
};

struct Args {
    Dtype dtype;
    Reduction reduction;
    Targets targets;
    dim_t inner;
    const void* x;
    void* loss;  // one number, or (outer, inner) where nothing is reduced
};

struct BackwardArgs {
    Dtype dtype;
    Reduction reduction;
    Targets targets;
    dim_t inner;
    const void* dy;  // one number, or (outer, inner) where nothing was reduced
    void* dx;        // laid out as x
};

// w_t, or 0 for a row that does not count.
template <class T>
T row_weight(const Targets& t, dim_t row) {
    const std::int64_t id = t.id[row];
    if (id == t.ignore_index || id < 0 || id >= t.classes) return T(0);
    return t.weight == nullptr ? T(1) : static_cast<const T*>(t.weight)[id];
}

// The sum of the weights of all rows: what a mean is divided by. Added in fixed order.
template <class T>
double total_weight(const Targets& t);

extern const Kernel<Args> kForward;
extern const Kernel<BackwardArgs> kBackward;

}  // namespace fastnn::nll
