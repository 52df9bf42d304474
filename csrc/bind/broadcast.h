// Arrays seen in a larger shape.
#pragma once

#include "bind/array.h"

namespace fastnn::bind {

void bind_broadcast(py::module_& m);

}  // namespace fastnn::bind
