// `activation=` of the ops that fuse one: None, a name, or a name and parameters in a tuple.
#pragma once

#include "bind/array.h"
#include "core/activation.h"

namespace fastnn::bind {

// None; "gelu"; ("leaky_relu", 0.2): parameters in the order of the function of that name, with its
// defaults. Throws TypeError or ValueError.
FusedActivation parse_activation(py::handle object, const char* op);

// Throws ValueError where parameters contradict one another; the message starts with `op`.
void check_activation(const FusedActivation& f, const char* op);

}  // namespace fastnn::bind
