// Local response norm, over neighbouring channels:
//     y_c = x_c d_c^-beta,  d_c = k + alpha / size  sum of x_j^2
//     dx_c = dy_c d_c^-beta - 2 alpha beta / size x_c  sum of dy_j x_j d_j^(-beta - 1)
// The first sum is over the neighbours of c, c - size/2 <= j < c - size/2 + size within the
// channels; the second one over all j of which c is a neighbour.
//
// x is (outer, n) where a row is C channels of `inner` elements: neighbours are `inner` apart, and
// 0 beyond either end of a row. y, d, dy and dx are laid out as x and overlap nothing.
#pragma once

#include "core/dtype.h"
#include "core/integer.h"
#include "core/isa.h"
#include "core/launch.h"

namespace fastnn::norm {

struct Response {
    dim_t outer, n, inner;
    dim_t size;
    double alpha, beta, k;
};

struct ResponseArgs {
    Dtype dtype;
    Response shape;
    const void* x;
    void* y;
    void* d;  // saved for backward, or null
};

struct ResponseBackwardArgs {
    Dtype dtype;
    Response shape;
    const void* dy;
    const void* x;
    const void* d;
    void* dx;
};

// A piece of a row: elements begin .. end of n. `around` has room for end - begin and all
// neighbours of these.
template <class T>
struct ResponsePiece {
    dim_t begin, end, n, inner, size;
    double scale, beta, k;  // scale: alpha / size
    const T* dy;
    const T* x;
    T* y;  // or dx
    T* d;
    T* around;
};

template <class T>
struct ResponseTypedKernels {
    void (*forward)(const ResponsePiece<T>& p);
    void (*backward)(const ResponsePiece<T>& p);
};

using ResponseKernels = isa::ByType<ResponseTypedKernels>;

extern const Kernel<ResponseArgs> kResponse;
extern const Kernel<ResponseBackwardArgs> kResponseBackward;

}  // namespace fastnn::norm
