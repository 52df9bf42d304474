#include "bind/array.h"
#include "bind/families.h"
#include "ops/activation/activation.h"

namespace fastnn::bind {
namespace {

template <activation::Op op>
py::object forward(py::handle x) {
    const auto& kernel = activation::kForward[static_cast<int>(op)];
    py::object hold;
    const Array in = block_float(x, {kernel.name, "input"}, hold);
    py::object y = empty_like(in);
    launch(kernel, activation::Args{op, in.dtype, in.size(), in.data, data_of(y)});
    return y;
}

template <activation::Op op>
py::object backward(py::handle dy, py::handle saved) {
    const auto& kernel = activation::kBackward[static_cast<int>(op)];
    py::object hold_saved, hold_dy;
    const Array s = block_float(saved, {kernel.name, "saved"}, hold_saved);
    const Array d = block_like(dy, {kernel.name, "dy"}, s, hold_dy);
    py::object dx = empty_like(s);
    launch(kernel, activation::BackwardArgs{op, s.dtype, s.size(), d.data, s.data, data_of(dx)});
    return dx;
}

}  // namespace

void bind_activation(py::module_& m) {
    using activation::Op;
    m.def("relu", &forward<Op::relu>, py::arg("input"));
    m.def("relu_backward", &backward<Op::relu>, py::arg("dy"), py::arg("y"));
}

}  // namespace fastnn::bind
