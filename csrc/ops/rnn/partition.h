// How the steps are partitioned among threads.
#pragma once

#include "ops/gemm/gemm.h"
#include "ops/rnn/cells/traits.h"
#include "ops/rnn/sequence.h"

namespace fastnn::rnn {

struct Samples {
    dim_t begin, end;
};

// By samples: each thread takes its samples through all steps and never waits for another. By
// units: all threads meet at every step, but each reads only its own part of the weights, which
// then may fit its cache.
struct Partition {
    bool by_units;
    int threads;
    dim_t tasks;     // by samples: of each direction
    double step_ns;  // of all threads together
};

// The recurrent product of one direction's step, and what follows it.
struct StepCost {
    dim_t k, n;
    double element_ns;  // of a unit's cell
    bool units_are_independent;
};

Partition partition_of(const Shape& shape, const StepCost& step, const gemm::Blocking& blocking);

// Gradients of gains are summed row by row while backward goes through time; so many samples share
// their sums, and are never separated.
constexpr dim_t kTogether = 4;
constexpr dim_t together(Mode mode) {
    return traits_of(mode).normalized ? kTogether : 1;
}

// Places of task i of `tasks`, with about as many real steps each.
Samples samples_of(const Sequence& sequence, dim_t least, dim_t task, dim_t tasks);

}  // namespace fastnn::rnn
