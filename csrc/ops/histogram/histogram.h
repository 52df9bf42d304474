// Counts of elements by value:
//
// * bounds: the smallest and the largest of n integers, or 0 and -1 of none;
// * bincount: y[v] = how many of x are v, or the sum of their weights, for 0 <= v < bins; others
//   are ignored;
// * histogram: y[b] = how many of x lie in [edges[b], edges[b + 1]), the last bin with its right
//   edge, or the sum of their weights. NaN and what is outside are ignored. Edges ascend.
//
// Sums are of float64, of chunks in their order.
#pragma once

#include <cstdint>

#include "core/dtype.h"
#include "core/integer.h"
#include "core/launch.h"

namespace fastnn::histogram {

struct BoundsArgs {
    Dtype dtype;
    dim_t n;
    const void* x;
    std::int64_t* bounds;  // (2)
};

struct Args {
    Dtype dtype;   // of x
    Dtype weight;  // float32 or float64
    // Whether edges are evenly spaced, so that the bin is guessed from the first and the last one.
    bool even;
    dim_t n, bins;
    const void* x;
    const void* edges;    // (bins + 1) of histogram, as x
    const void* weights;  // (n) or null
    void* y;              // (bins); bincount: int64, or as weights; histogram: as x
};

extern const Kernel<BoundsArgs> kBounds;
extern const Kernel<Args> kBincount, kHistogram;

}  // namespace fastnn::histogram
