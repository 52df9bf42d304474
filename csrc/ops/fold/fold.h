// Windows of images as columns of a matrix, and columns summed up to images.
//
//     unfold  y[n, c, i, j, a, b] = x[n, c, a s + i d - p, b s' + j d' - p'], 0 outside
//     fold    y[n, c, h, w] = sum of x[n, c, i, j, a, b] over all windows and places at (h, w)
//
// Both arrays are dense in the order of their indices; (i, j) runs over the K x K' places of a
// window, (a, b) over the windows. Sums go over i, then j. Outputs overlap nothing.
#pragma once

#include "core/dtype.h"
#include "core/integer.h"
#include "core/isa.h"
#include "core/launch.h"

namespace fastnn::folding {

constexpr int kAxes = 2;

// One axis of the images.
struct Axis {
    dim_t size, windows;
    dim_t kernel, stride, dilation, padding;
};

struct Args {
    Dtype dtype;
    dim_t planes;  // N C
    Axis h, w;
    const void* x;
    void* y;
};

extern const Kernel<Args> kUnfold, kFold;

// Of one plane: row i of the places, and rows of the image.
template <class T>
struct TypedKernels {
    void (*unfold)(const Axis& h, const Axis& w, dim_t i, const T* image, T* columns);
    void (*fold)(const Axis& h, const Axis& w, dim_t begin, dim_t end, const T* columns, T* image);
};

using Kernels = isa::ByType<TypedKernels>;

}  // namespace fastnn::folding
