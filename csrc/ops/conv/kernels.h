// What convolutions need besides gemm's blocks, once per instruction set: weights and pixels on
// their way into the order in which blocks read them, and back.
#pragma once

#include "core/integer.h"
#include "core/isa.h"

namespace fastnn::conv {

// Which product a tap of the kernel belongs to, of how many taps, and its place among them.
struct TapPlace {
    dim_t base = -1;  // where the product's panels begin; -1: the tap belongs to none
    dim_t taps = 0, number = 0;
};

// Rows first_row .. first_row + rows - 1 of a block of channels, of one panel of every product:
// element (row, col, tap) of w is at w[row * row_stride + col * col_stride + tap], and one of the
// two strides is `taps`. It is stored at base + before * taps + column * (depth of the panel) +
// (number * block + row) * width.
template <class T>
struct PackWeight {
    const T* w;  // of first_row
    dim_t rows, cols, taps;
    dim_t row_stride, col_stride;
    const TapPlace* places;
    T* packed;
    dim_t before;         // channels of earlier blocks, times the columns of all panels
    dim_t column, width;  // of the panel: its first column, and cols rounded up to whole vectors
    dim_t block, first_row;
};

// dw[col * dw_stride + row * taps + tap] = sum over slices of sums[tap * tap_stride + row * stride
// + col].
template <class T>
struct UnpackWeight {
    const T* sums;
    dim_t tap_stride, stride, slices, slice_stride;
    dim_t rows, cols, taps;
    T* dw;
    dim_t dw_stride;
};

// Channels of pixels into panels of A: balanced groups of at most mr channels, group i0 at panels +
// i0 * depth, its channel i of pixel p at [(first + p) * height + i]. Pixels are `step` apart; x
// is null: zeros.
template <class T>
struct PackPixels {
    const T* x;
    dim_t step, pixels, channels, mr;
    T* panels;
    dim_t depth, first;
};

template <class T>
struct TypedKernels {
    void (*pack_weight)(const PackWeight<T>&);
    void (*unpack_weight)(const UnpackWeight<T>&);
    void (*pack_pixels)(const PackPixels<T>&);
    // sums[j] (+)= sum over rows of x[i * stride + j]
    void (*column_sums)(const T* x, dim_t stride, dim_t rows, dim_t cols, T* sums, bool add);
    // out[j * out_row + i] = x[i * x_row + j]
    void (*transpose)(const T* x, dim_t x_row, dim_t rows, dim_t cols, T* out, dim_t out_row);
};

// Defined by conv_kernel.cpp, once per level.

}  // namespace fastnn::conv
