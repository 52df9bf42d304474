// How the steps are partitioned among threads.
#pragma once

#include "ops/gemm/gemm.h"
#include "ops/rnn/cells/traits.h"
#include "ops/rnn/sequence.h"

namespace fastnn::rnn {

struct Samples {
    dim_t begin, end;
};

// By samples: each thread computes all steps of its samples and never waits for another thread. By
// units: all threads compute every step together, with a barrier between steps, but each thread
// reads only its own part of the weights, which then may fit its cache.
struct Partition {
    bool by_units;
    int threads;
    dim_t tasks;     // by samples: of each direction
    double step_ns;  // of all threads together
};

// The sizes of the recurrent product of one direction's step, and the cost of its cells.
struct StepCost {
    dim_t k, n;
    double element_ns;  // of a unit's cell
    bool units_are_independent;
};

Partition partition_of(const Shape& shape, const StepCost& step, const gemm::Blocking& blocking);

// Backward sums the gradients of gains row by row at each step. Groups of kSumGroup samples have
// sums in common and are never divided among threads.
constexpr dim_t kSumGroup = 4;
constexpr dim_t sum_group(Mode mode) {
    return traits_of(mode).normalized ? kSumGroup : 1;
}

// Places of task i of `tasks`, in multiples of `group`, with about as many real steps each.
Samples samples_of(const Sequence& sequence, dim_t group, dim_t task, dim_t tasks);

}  // namespace fastnn::rnn
