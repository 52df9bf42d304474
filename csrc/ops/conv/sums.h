// Sums that need no product.
#pragma once

#include "core/integer.h"
#include "ops/conv/conv.h"

namespace fastnn::conv {

// Outputs that no tap meets, or all of them: bias, residual and activation alone.
template <class T>
void fill_empty_sums(const Args& args);

// db[o] = sum over pixels of dy[pixel, o], for `channels` of o.
template <class T>
void bias_gradient(const T* dy, dim_t pixels, dim_t channels, T* db);

// The formats of packed weights, for the keys of their cache.
enum PackedFormat : dim_t { kPackedPanels = 1, kPackedChunks, kPackedPoints, kPackedSquares };

}  // namespace fastnn::conv
