// Element types, and the conversion of rows from one to another.
#pragma once

#include <cstdint>

#include "core/integer.h"

namespace fastnn::copy {

// 'f' (IEEE float), 'i', 'u' (integer), 'b' (bool), 'c' (complex)... as in NumPy, and the bytes of
// one.
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
// not fit into int32 or int64 become the least, as conversions of x86 do. Null where there are
// none: from floats to other integers, and for types other than bool, integers of 1 to 8 bytes,
// float32 and float64.
Rows conversion(Element from, Element to);

}  // namespace fastnn::copy
