// `activation=` of the ops that fuse one: None, a name, or a name and parameters in a tuple.
#pragma once

#include "bind/array.h"
#include "core/activation.h"

namespace fastnn::bind {

// None; "gelu"; ("leaky_relu", 0.2): parameters in the order of the function of that name, the ones
// left out as usual. Throws TypeError or ValueError.
FusedActivation parse_activation(py::handle object, const char* op);

// Parameters that contradict one another. `op` stands before the message.
void check_activation(const FusedActivation& f, const char* op);

}  // namespace fastnn::bind
