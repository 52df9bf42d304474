// Element types, and the conversion of rows from one to another.
#pragma once

#include <cstdint>

#include "core/integer.h"

namespace fastnn::copy {

// 'f' (IEEE float), 'i', 'u' (integer), 'b' (bool), 'c' (complex)... as in NumPy, kBrain for
// bfloat16, and the bytes of one.
constexpr char kBrain = 'B';
struct Element {
    char kind;
    std::uint8_t bytes;
    bool operator==(const Element&) const = default;
};

// m rows of n elements, with strides in bytes:
//     y[j * y_row + i * y_step] = x[j * x_row + i * x_step]
using Rows = void (*)(const char* x, dim_t x_row, dim_t x_step, char* y, dim_t y_row, dim_t y_step,
                      dim_t m, dim_t n);

// Rows that convert as C++ does: integers wrap around, and what is not 0 is true; floats that do
// not fit into int32 or int64 become the least, as conversions of x86 do. float16 and bfloat16 are
// rounded once, to nearest, ties to even; integers come to them through float64. Null where there
// are none: from floats to other integers, and for types other than bool, integers of 1 to 8 bytes,
// float16, bfloat16, float32 and float64.
Rows conversion(Element from, Element to);

}  // namespace fastnn::copy
