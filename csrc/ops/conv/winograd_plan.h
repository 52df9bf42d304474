// How a Winograd convolution is carried out: by its sizes alone.
#pragma once

#include "ops/conv/winograd_sizes.h"

namespace fastnn::conv {

enum class Schedule : std::uint8_t { local, shared };

struct ForwardPlan {
    long m;
    Schedule schedule;
    long tiles;        // of a chunk (local), or of a step (shared)
    long columns = 0;  // of a step (shared)
    double ns;         // of one thread
    ForwardPlan(const Shape& shape, bool transposed, long m);
};

struct WeightPlan {
    long m;
    long tiles, columns;  // of a step
    double ns;            // of one thread
    WeightPlan(const Shape& shape, long m);
};

void run(const Args& args, const ForwardPlan& plan);
void run(const WeightArgs& args, const WeightPlan& plan);

}  // namespace fastnn::conv
