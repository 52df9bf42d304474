// A copy between strides and number types that can be recorded. Bindings copy with NumPy, which
// supports more types; a recording has this call in its place.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/integer.h"
#include "core/launch.h"

namespace fastnn {

// What an element is: 'f' (IEEE float), 'i', 'u' (integer) or 'b' (bool), and its bytes.
struct Element {
    char kind;
    std::uint8_t bytes;
    bool operator==(const Element&) const = default;
};

// to[i] = from[i] for all i below shape; strides are in bytes. Elements of one type are copied bit
// for bit; else bool and integers become int64, float32 or float64.
struct CopyArgs {
    static constexpr int kMaxAxes = 64;
    int axes;
    Element from_type, to_type;
    const char* from;
    char* to;
    dim_t shape[kMaxAxes], from_stride[kMaxAxes], to_stride[kMaxAxes];
};

bool can_copy(Element from, Element to);

extern const Kernel<CopyArgs> kStridedCopy;

}  // namespace fastnn
