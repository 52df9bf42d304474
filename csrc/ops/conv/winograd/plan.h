// How a Winograd convolution is carried out: by its sizes alone.
#pragma once

#include "ops/conv/winograd/sizes.h"

namespace fastnn::conv {

enum class Schedule : std::uint8_t { tiles, columns };

struct ForwardPlan {
    long m;
    Schedule schedule;
    long tiles, columns;    // of a chunk
    long depth;             // channels that are summed over in one go, at most about
    double ns, weights_ns;  // of one thread; of transforming weights once
    ForwardPlan(const Shape& shape, bool transposed, long m);
};

struct WeightPlan {
    long m;
    long rows, columns;  // of dw: channels of x and y of a chunk,
    long slices;         // of all tiles,
    long tiles;          // which it goes through so many at a time
    double ns;           // of one thread
    WeightPlan(const Shape& shape, long m);
};

void run(const Args& args, const ForwardPlan& plan);
void run(const WeightArgs& args, const WeightPlan& plan);

}  // namespace fastnn::conv
