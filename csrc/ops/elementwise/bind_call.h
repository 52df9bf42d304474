// One call of an elementwise operation: arguments read and checked, outputs made.
#pragma once

#include "bind/array.h"
#include "ops/elementwise/elementwise.h"

namespace fastnn::bind {

namespace ew = elementwise;
using Names = const char* const*;  // of the arguments

// The result, also where NumPy has to compute it; `out` is None or an array.
py::object call(ew::Op op, Names names, const py::handle* given, py::handle out);

// The two gradients of a binary operation, None for one that is not wanted.
Tuple<OptionalArray, OptionalArray> call_pair(ew::Op op, Names names, const py::handle* given,
                                              const bool (&wanted)[2]);

}  // namespace fastnn::bind
