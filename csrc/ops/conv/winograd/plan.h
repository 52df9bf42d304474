// How a Winograd convolution is carried out: by its sizes alone.
#pragma once

#include "core/integer.h"
#include "ops/conv/select.h"
#include "ops/conv/winograd/sizes.h"

namespace fastnn::conv {

enum class Schedule : std::uint8_t { tiles, columns };

struct ForwardPlan final : Plan<Args> {
    dim_t m;
    Schedule schedule;
    dim_t tiles, columns;  // of a chunk
    dim_t depth;           // channels that are summed over at a time, at most about
    double weights_ns;     // of transforming weights once
    ForwardPlan(const Shape& shape, bool transposed, dim_t m);
    void run(const Args& args) const override;
};

struct WeightPlan final : Plan<WeightArgs> {
    dim_t m;
    dim_t rows, columns;  // of dw: channels of x and y of a chunk,
    dim_t slices;         // of all tiles
    dim_t tiles;          // of a slice that are transformed at a time
    WeightPlan(const Shape& shape, dim_t m);
    void run(const WeightArgs& args) const override;
};

}  // namespace fastnn::conv
