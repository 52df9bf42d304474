// The algorithms that select.cpp chooses from: whether each fits a call, and its plan.
// implicit_gemm fits every call and is a part of others: it has a header of its own.
#pragma once

#include "ops/conv/select.h"

namespace fastnn::conv {

// Convolutions that are written as another one, or as one matrix product, of the same numbers.

// One tap that meets every pixel once: a matrix product over pixels.
bool product_fits(const Args& args);
bool product_fits(const WeightArgs& args);
PlanPointer<Args> plan_product(const Args& args);
PlanPointer<WeightArgs> plan_product(const WeightArgs& args);

// A kernel as large as the image: each image is one row of a matrix product.
bool full_extent_fits(const Args& args);
bool full_extent_fits(const WeightArgs& args);
PlanPointer<Args> plan_full_extent(const Args& args);
PlanPointer<WeightArgs> plan_full_extent(const WeightArgs& args);

// Groups of few channels: several as one, whose weights between different groups are 0.
bool merged_groups_fit(const Args& args);
bool merged_groups_fit(const WeightArgs& args);
PlanPointer<Args> plan_merged_groups(const Args& args);
PlanPointer<WeightArgs> plan_merged_groups(const WeightArgs& args);

// Few channels of `to`: several pixels as one of all their channels. The plan is null where no size
// of blocks saves arithmetic.
bool pixel_blocked_fits(const Args& args);
PlanPointer<Args> plan_pixel_blocked(const Args& args);

// Depthwise convolution, one channel to a group, and groups of a few channels, as many of x as of
// y: sums over taps for vectors of channels.
bool depthwise_fits(const Args& args);
bool depthwise_fits(const WeightArgs& args);
PlanPointer<Args> plan_depthwise(const Args& args);
PlanPointer<WeightArgs> plan_depthwise(const WeightArgs& args);

// Winograd's minimal filtering, float32, for 3 x 3 taps with stride 1 and no dilation, in one
// group: 4 (or 2.25) times fewer multiplications. docs/dev/convolution.md has its errors.
bool winograd_fits(const Args& args);
bool winograd_fits(const WeightArgs& args);
PlanPointer<Args> plan_winograd(const Args& args);
PlanPointer<WeightArgs> plan_winograd(const WeightArgs& args);

}  // namespace fastnn::conv
