#include "bind/array.h"
#include "bind/axis.h"
#include "bind/families.h"
#include "ops/softmax/doc.h"
#include "ops/softmax/softmax.h"

namespace fastnn::bind {
namespace {

template <bool log>
py::object forward(py::handle input, dim_t dim) {
    const auto& kernel = softmax::kForward[log];
    py::object hold;
    const Array x = block_float(input, {kernel.name, "input"}, hold);
    const Axis axis = axis_of(x, {kernel.name, "input"}, dim);
    py::object y = empty_like(x);
    launch(kernel,
           softmax::Args{x.dtype, log, axis.outer, axis.size, axis.inner, x.data, data_of(y)},
           {x, y});
    return y;
}

template <bool log>
py::object backward(py::handle dy, py::handle output, dim_t dim) {
    const auto& kernel = softmax::kBackward[log];
    py::object hold_y, hold_dy;
    const Array y = block_float(output, {kernel.name, "y"}, hold_y);
    const Array d = block_like(dy, {kernel.name, "dy"}, y, hold_dy);
    const Axis axis = axis_of(y, {kernel.name, "y"}, dim);
    py::object dx = empty_like(y);
    launch(kernel,
           softmax::BackwardArgs{y.dtype, log, axis.outer, axis.size, axis.inner, d.data, y.data,
                                 data_of(dx)},
           {d, y, dx});
    return dx;
}

}  // namespace

void bind_softmax(py::module_& m) {
    m.def("softmax", &forward<false>, softmax::doc::kSoftmax, py::arg("input"), py::arg("dim"));
    m.def("softmax_backward", &backward<false>, softmax::doc::kSoftmaxBackward, py::arg("dy"),
          py::arg("y"), py::arg("dim"));
    m.def("log_softmax", &forward<true>, softmax::doc::kLogSoftmax, py::arg("input"),
          py::arg("dim"));
    m.def("log_softmax_backward", &backward<true>, softmax::doc::kLogSoftmaxBackward, py::arg("dy"),
          py::arg("y"), py::arg("dim"));
}

}  // namespace fastnn::bind
