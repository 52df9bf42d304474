// Copies between any two orders of memory, and between element types:
//     y[i] = x[i]   for all i below shape
// Strides are in bytes, may be negative and those of x may be 0; x and y overlap nothing. Elements
// of one type are moved bit for bit; else see convert.h.
//
// y is written in its own order. Where the fastest axes of x and y differ, the two are cut into
// tiles that are transposed in registers.
#pragma once

#include "core/integer.h"
#include "core/isa.h"
#include "core/launch.h"
#include "ops/copy/convert.h"

namespace fastnn::copy {

struct Args {
    static constexpr int kMaxAxes = 64;
    Element x_type, y_type;
    int axes;
    const char* x;
    char* y;
    dim_t shape[kMaxAxes], x_stride[kMaxAxes], y_stride[kMaxAxes];  // the first `axes`
};

// Whether there is a kernel: for elements of one type of 1, 2, 4, 8 or 16 bytes, and for
// conversions.
bool can_copy(Element from, Element to);

extern const Kernel<Args> kCopy;

// y[j * y_row + i] = x[i * x_row + j] for i < rows, j < columns; strides in bytes. With `bypass`
// the stores bypass the caches: y and y_row are then multiples of a cache line.
using Transpose = void (*)(const char* x, dim_t x_row, dim_t rows, dim_t columns, char* y,
                           dim_t y_row, bool bypass);

// By the size of an element: 1, 2, 4, 8 and 16 bytes. A null transpose: none is faster than rows.
constexpr int kSizes = 5;
struct Kernels {
    Rows rows[kSizes];
    Transpose transpose[kSizes];
};

// The kernel for elements of one type, which can_copy knows.
Rows rows_of(Element type);

}  // namespace fastnn::copy
