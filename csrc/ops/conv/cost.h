// What the work of this family costs one thread, in nanoseconds: estimates that choose the
// algorithm of a call, decide how many threads it is worth and how it is cut into chunks.
#pragma once

#include "core/integer.h"

namespace fastnn::conv::cost {

// Per element: to transpose images, to copy blocks of pixels, to fill outputs that no tap meets,
// and to sum dy over pixels.
constexpr double kTranspose = 0.3, kCopy = 0.5, kFill = 0.1, kSum = 0.05;

namespace implicit_gemm {
// The share of the roof that products reach; per weight to pack, or to unpack as a gradient, and
// per element of x, and of dy where its vectors are read in place or packed.
constexpr double kRoof = 0.9, kWeight = 0.25, kUnpack = 0.5, kPixel = 0.2, kInPlace = 0.05;
// Of each product after the first, and per output and tap.
constexpr double kProduct = 2000, kTerm = 0.02;
// Of a chunk, which costs some 200 ns to hand out and set up, and of one of a weight gradient,
// which unpacks its sums.
constexpr double kChunk = 8000, kWeightChunk = 20000;
}  // namespace implicit_gemm

namespace depthwise {
constexpr double kTap = 0.03;  // per output and tap
constexpr double kChunk = 10000;
}  // namespace depthwise

namespace winograd {
// For a vector of 16 floats of one tile, or of one row of weights, measured on a Zen 4 at 3.7 GHz
// with AVX-512; a shorter vector takes two thirds of that. Those of weights include the time their
// points take through the caches. By m: F(2 x 2), F(4 x 4).
struct Transforms {
    double input, output, gradient, weight, flipped, weight_gradient;
};
constexpr Transforms kTransforms[2] = {{17, 12, 14, 31, 46, 57}, {62, 38, 43, 50, 65, 100}};
constexpr double kPoint = 25;  // of a call of the product of one point
constexpr double kCall = 500, kChunk = 8000;
// Smaller products take as long as these: one of fewer tiles waits for its weights, and one of
// fewer rows of dw for the points of dy. Storing a tile of sums takes as long as summing so many
// channels.
constexpr dim_t kTiles = 3, kRows = 10, kChannels = 6;
}  // namespace winograd

}  // namespace fastnn::conv::cost
