// The matrix products that make up a convolution: one for each combination of these axes.
#pragma once

#include <vector>

#include "core/integer.h"
#include "ops/conv/axes.h"

namespace fastnn::conv {

// All axes, cut where many taps would meet nothing but zeros around `from`: each piece of outputs
// has the taps that any of it meets. A kernel as large as the image, whose gradient meets each dy
// once, becomes products of one tap.
struct ProductAxes {
    std::vector<Axis> axis[kAxes];
    double products(int a) const;  // outputs times taps
};
ProductAxes products_of(const Shape& shape, bool transposed);

// Rows of fewer pixels make tiles too low to keep the FMA units busy.
constexpr dim_t kShortRow = 6;

}  // namespace fastnn::conv
