// The gradient of products: dx[k, r] = dy[k] times the product of the other elements of output k.
//
// The product of the others follows from that of all, which has no bounds of its exponent here:
// where an output leaves the range of its type, or is 0, its factors are multiplied once more, as a
// mantissa and an exponent, and those that are 0, infinite or NaN are counted. Without such ones
// the others give the product divided by x. One 0 leaves 0 to all but itself, two leave it to all;
// infinities and NaN do likewise, and 0 beside infinity gives NaN.
#pragma once

#include "ops/reduce/reduce.h"

namespace fastnn::reduce {

struct ProductBackwardArgs {
    Dtype dtype;
    dim_t repeat;  // how often each element of x is a factor of its output
    const void* dy;
    const void* y;
    const void* x;
    void* dx;  // with the strides of x, which fills a block
    Geometry g;
};

// Arrays of one number per output: the product mantissa * 2^exponent of the factors that are
// neither 0, infinite nor NaN, with the signs of all, and how many of those there are.
struct FactorLists {
    double *mantissa, *exponent, *zeros, *infinities, *nans;
};

// Multiplies a rectangle of x, x[i * stride + j], into the lists, at j.
template <class T>
struct FactorTile {
    const T* x;
    dim_t stride, rows, cols;
    FactorLists lists;
};

// dx = quotient / x * scale * scale; for x that is 0, infinite or NaN its own value, with the sign
// of x. Each has one number per output.
template <class T>
struct QuotientTile {
    const T* x;
    T* dx;
    dim_t stride, rows, cols;
    const double *quotient, *scale;
    const T *of_zero, *of_infinity, *of_nan;
};

template <class T>
struct TypedProductKernels {
    void (*factors)(const FactorTile<T>& t);
    Pair<QuotientTile<T>> quotients;
};

using ProductKernels = isa::ByType<TypedProductKernels>;

extern const Kernel<ProductBackwardArgs> kProductBackward;

}  // namespace fastnn::reduce
