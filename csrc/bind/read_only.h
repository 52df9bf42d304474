// Arrays that can never change, so that kernels may cache what they pack of them.
//
// Their memory belongs to an object whose buffer is read-only: NumPy refuses to make such an array,
// or any view of it, writable.
#pragma once

#include "bind/array.h"
#include "core/packed_cache.h"

namespace fastnn::bind {

void bind_read_only(py::module_& m);

// Where kernels cache what they pack of the array. Null where the array is not a whole block of
// read-only memory in C order.
PackedCache* packed_cache_of(const Array& array);

}  // namespace fastnn::bind
