// Broadcasting: the shape of a result, the order of its memory, and the rows a kernel walks over.
#pragma once

#include <cstdint>

#include "ops/elementwise/elementwise.h"

namespace fastnn::elementwise {

constexpr int kMaxDims = 64;

// Shape and strides of an array, in bytes.
struct View {
    int ndim;
    const dim_t* shape;
    const dim_t* strides;
};

struct Layout {
    int ndim = 0;
    dim_t size = 1;
    dim_t shape[kMaxDims];
    int order[kMaxDims];  // axes from the innermost in memory to the outermost
};

// The common shape of some arrays. Returns false where they do not broadcast.
bool broadcast(const View* views, int count, Layout& layout);

// The memory order of a result, from that of the inputs: of two axes, the first input with
// different strides along them decides which is the inner one; C order where none does.
void choose_order(const View* views, int count, Layout& layout);

// Strides of a new dense array of that order. Returns false where they are those of C order.
bool dense_strides(const Layout& layout, dim_t item, dim_t* strides);

// Fills axes, extents and strides of args, the operands being inputs and outputs in this order (a
// view of no dimensions is a scalar).
void merge_axes(const View* views, int count, const Layout& layout, Args& args);

}  // namespace fastnn::elementwise
