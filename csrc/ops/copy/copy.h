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

// How a tile of 4- or 8-byte elements is transposed, by what L1 holds of it. A line of x and one of
// y may be several registers, and should not be fetched for each.
enum class Tiling {
    registers,  // as many rows as a register, all columns: L1 holds a line of each column
    lines,      // as many rows as elements of a line, all columns: L1 holds a line of each row
    packed,     // blocks of lines, through a buffer: rows or columns are in the same sets of L1
    bypassing   // the same, stored past the caches: y and all y_at are multiples of a line
};

// Rows of x become columns of y: y[y_at[j] + i] = x[x_at[i] + j] for i < rows, j < columns, counted
// in elements beside x_at and y_at, which are in bytes.
struct Turned {
    const char* x;
    const dim_t* x_at;
    dim_t rows, columns;
    char* y;
    const dim_t* y_at;
    Tiling tiling;
};
using Transpose = void (*)(const Turned&);

// By the size of an element: 1, 2, 4, 8 and 16 bytes; null where rows are no slower. Those that
// interleave (part) are for 2 to 4 rows (columns), as the colours of images, and no gaps between
// the columns of y (the rows of x).
constexpr int kSizes = 5;
constexpr dim_t kFewest = 2, kMost = 4;
struct Kernels {
    Rows rows[kSizes];
    Transpose transpose[kSizes], interleave[kSizes], part[kSizes];
};

// The kernel for elements of one type, which can_copy knows.
Rows rows_of(Element type);

}  // namespace fastnn::copy
