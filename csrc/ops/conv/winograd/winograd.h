// Convolution by Winograd's minimal filtering: 3 x 3 taps, stride 1, with 4 (or 2.25) times fewer
// multiplications, float32. What it computes and how far it may be off: docs/dev/convolution.md.
#pragma once

#include "ops/conv/select.h"

namespace fastnn::conv {

// 3 x 3, stride 1, no dilation, no groups; any padding. Other axes only pass through.
bool winograd_fits(const Args& args);
bool winograd_fits(const WeightArgs& args);

PlanPointer<Args> plan_winograd(const Args& args);
PlanPointer<WeightArgs> plan_winograd(const WeightArgs& args);

}  // namespace fastnn::conv
