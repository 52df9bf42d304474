// Depthwise convolution, one channel to a group, and groups of a few channels, as many of x as of
// y: sums over taps for vectors of channels. No product of matrices, and little arithmetic for each
// number read.
#pragma once

#include "ops/conv/select.h"

namespace fastnn::conv {

bool depthwise_fits(const Args& args);
bool depthwise_fits(const WeightArgs& args);
PlanPointer<Args> plan_depthwise(const Args& args);
PlanPointer<WeightArgs> plan_depthwise(const WeightArgs& args);

}  // namespace fastnn::conv
