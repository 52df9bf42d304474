// Dropout: y[i] = x[i] / (1 - p) where number i of a random stream is at least p, and 0 elsewhere.
//
// x and y are `size` elements in C order; y may be x. The numbers are those of Philox4x32-10 with
// the seed as key; so the result is a function of seed, offset and i. The backward pass is the same
// function of dy, so only seed and offset are saved. p = 1 gives zeros.
#pragma once

#include <cstdint>

#include "core/dtype.h"
#include "core/integer.h"
#include "core/isa.h"
#include "core/launch.h"

namespace fastnn::dropout {

struct Args {
    Dtype dtype;
    dim_t size;
    const void* x;
    void* y;
    const std::uint64_t* stream;  // seed, offset
    double p;
};

// The stream and p, as kernels use them.
struct Draw {
    std::uint64_t seed, offset;
    std::uint32_t threshold;  // numbers below it drop their element
    double scale;
};

constexpr dim_t kBlock = 64;  // random numbers drawn at a time

template <class T>
using Run = void (*)(const Draw&, dim_t first_block, const T* x, T* y, dim_t n);

struct Kernels {
    Run<float> f32;
    Run<double> f64;
};

extern const Kernel<Args> kDropout, kDropoutBackward;

}  // namespace fastnn::dropout
