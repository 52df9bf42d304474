#include "bind/array.h"
#include "bind/axis.h"
#include "bind/families.h"
#include "ops/scan/doc.h"
#include "ops/scan/scan.h"

namespace fastnn::bind {
namespace {

py::object launch_scan(scan::Op op, const Array& x, dim_t dim, const char* argument,
                       const Array& y = {}, const Array& dy = {}) {
    const auto& kernel = scan::kScan[static_cast<int>(op)];
    const Axis axis = axis_of(x, {kernel.name, argument}, dim);
    py::object out = empty_like(x);
    launch(kernel,
           scan::Args{op, x.dtype, axis.outer, axis.size, axis.inner, x.data, y.data, dy.data,
                      data_of(out)},
           {x, y, dy, out});
    return out;
}

template <scan::Op op>
py::object scan_along(py::handle input, dim_t dim) {
    py::object hold;
    const Name name{scan::kScan[static_cast<int>(op)].name,
                    op == scan::Op::cumsum_backward ? "dy" : "input"};
    return launch_scan(op, block_float(input, name, hold), dim, name.argument);
}

py::object cumprod_backward(py::handle dy, py::handle input, py::handle y, dim_t dim) {
    const char* op = "cumprod_backward";
    py::object hold_x, hold_y, hold_dy;
    const Array x = block_float(input, {op, "input"}, hold_x);
    const Array saved = block_like(y, {op, "y"}, x, hold_y);
    const Array d = block_like(dy, {op, "dy"}, x, hold_dy);
    return launch_scan(scan::Op::cumprod_backward, x, dim, "input", saved, d);
}

}  // namespace

void bind_scan(py::module_& m) {
    using py::arg;
    m.def("cumsum", &scan_along<scan::Op::cumsum>, scan::doc::kCumsum, arg("input"), arg("dim"));
    m.def("cumsum_backward", &scan_along<scan::Op::cumsum_backward>, scan::doc::kCumsumBackward,
          arg("dy"), arg("dim"));
    m.def("cumprod", &scan_along<scan::Op::cumprod>, scan::doc::kCumprod, arg("input"), arg("dim"));
    m.def("cumprod_backward", &cumprod_backward, scan::doc::kCumprodBackward, arg("dy"),
          arg("input"), arg("y"), arg("dim"));
}

}  // namespace fastnn::bind
