// Convolutions that are written as another one, or as one matrix product, of the same numbers.
#pragma once

#include "ops/conv/select.h"

namespace fastnn::conv {

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

// Few channels of `to`: several pixels as one of all their channels. Null: no size of blocks saves
// arithmetic.
bool pixel_blocked_fits(const Args& args);
PlanPointer<Args> plan_pixel_blocked(const Args& args);

}  // namespace fastnn::conv
