// Arguments of matrix products: any strides, for the driver packs what it cannot use in place.
#pragma once

#include "bind/array.h"

namespace fastnn::bind {

// A float array; copied only where it lies unaligned or in foreign byte order.
inline Array operand(py::handle object, Name name, py::object& hold) {
    if (is_array(object) && (py::detail::array_proxy(object.ptr())->flags & kAligned) == 0) {
        hold = copy_of(object);
        return float_array(hold, name);
    }
    return float_array(object, name);
}

}  // namespace fastnn::bind
