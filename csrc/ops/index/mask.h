// Elements where a mask is true, in C order:
//
//   select     values[k] = table[i]      i = the place of the k-th true element of the mask
//   put        table[i] = values[k]
//   fill       out[i] = mask[i] ? value : table[i], for every i
//   nonzero    values[k, :] = i
//
// Strides are in bytes and may be anything, 0 where an array is broadcast. The mask of nonzero has
// any type, of which 0 is false. Threads take pieces of rows, whose first k are counted before
// (kCount); what others write to the mask meanwhile never moves a piece beyond the places that were
// counted for it.
#pragma once

#include <cstdint>

#include "core/integer.h"
#include "core/isa.h"
#include "core/launch.h"
#include "ops/index/index.h"

namespace fastnn::index {

enum class Truth : std::uint8_t { bits8, bits16, bits32, bits64, f16, f32, f64 };
constexpr int kTruths = 7;

struct MaskArgs {
    Truth truth;
    int bytes;  // of an element of table and values
    const char* mask;
    char* table;
    char* values;          // for fill the value
    dim_t value_stride;    // of values: 0 where they are one value
    char* out;             // of fill
    dim_t place_stride;    // nonzero: of values along its second dimension
    std::int64_t* firsts;  // of each piece, and at last of all
    int axes;
    dim_t extent[kMaxAxes], mask_stride[kMaxAxes], table_stride[kMaxAxes], out_stride[kMaxAxes];
};

// How many pieces a call has.
dim_t pieces(const MaskArgs& a);

extern const Kernel<MaskArgs> kMaskCount, kMaskSelect, kMaskPut, kMaskFill, kNonzero;

constexpr dim_t kAtOnce = 256;  // elements whose places are found at a time

struct MaskKernels {
    // The places of true elements among n <= kAtOnce, and how many there are.
    dim_t (*find[kTruths])(const char* mask, dim_t stride, dim_t n, std::uint16_t* places);
    dim_t (*count[kTruths])(const char* mask, dim_t stride, dim_t n);
    // values[j] = table[places[j]] and the reverse, j < n.
    void (*select[kWidths])(char* table, dim_t stride, const std::uint16_t* places, dim_t n,
                            char* values, dim_t value_stride);
    void (*put[kWidths])(char* table, dim_t stride, const std::uint16_t* places, dim_t n,
                         char* values, dim_t value_stride);
    void (*fill[kWidths])(const char* mask, dim_t mask_stride, const char* table,
                          dim_t table_stride, const char* value, char* out, dim_t out_stride,
                          dim_t n);
};

}  // namespace fastnn::index
