// Arrays that can never change, so that kernels may keep what they pack of them.
//
// Their memory belongs to an object of ours that lets nobody write: NumPy refuses to make such an
// array writable, and so it refuses for each of its views.
#pragma once

#include "bind/array.h"
#include "core/packed_cache.h"

namespace fastnn::bind {

void bind_read_only(py::module_& m);

// Where kernels keep what they pack of the array. Null where the array is not read-only memory as a
// whole, in C order.
PackedCache* packed_cache_of(const Array& array);

}  // namespace fastnn::bind
