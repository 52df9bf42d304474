// Convolution by Winograd's minimal filtering: 3 x 3 taps, stride 1, with 4 (or 2.25) times fewer
// multiplications, float32. What it computes and how far it may be off: docs/dev/convolution.md.
#pragma once

#include "ops/conv/conv.h"

namespace fastnn::conv {

// 3 x 3, stride 1, no dilation, no groups; any padding. Other axes only pass through.
bool winograd_fits(const Shape& shape);

template <class A>
bool winograd_fits(const A& args) {
    return args.dtype == Dtype::f32 && winograd_fits(args.shape);
}

// What one thread would take, in nanoseconds.
double winograd_ns(const Args& args);
double winograd_ns(const WeightArgs& args);

// Call these only where it fits.
void winograd(const Args& args);
void winograd(const WeightArgs& args);

}  // namespace fastnn::conv
