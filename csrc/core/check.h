// Errors of the caller. Bindings throw them before memory is touched; they become Python
// exceptions.
#pragma once

#include <sstream>
#include <stdexcept>
#include <string>

namespace fastnn {

struct TypeError : std::runtime_error {
    using std::runtime_error::runtime_error;
};
using ValueError = std::invalid_argument;  // pybind11 maps these two onto Python's own names
using IndexError = std::out_of_range;

// fail<ValueError>("linear: weight must have ", n, " columns"): joins the parts and throws. Cold,
// so that a check costs its caller one compare and one branch that is not taken.
template <class Error, class... Parts>
[[noreturn, gnu::cold, gnu::noinline]] void fail(const Parts&... parts) {
    std::ostringstream text;
    (text << ... << parts);
    throw Error(text.str());
}

}  // namespace fastnn
