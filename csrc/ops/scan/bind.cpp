#include "bind/array.h"
#include "bind/axis.h"
#include "bind/families.h"
#include "ops/scan/doc.h"
#include "ops/scan/running.h"
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

// int64 in the memory order of x.
py::object places_like(const Array& x) {
    Py_ssize_t strides[kMaxDims];
    const auto size = static_cast<Py_ssize_t>(size_of(x.dtype));
    for (int i = 0; i < x.ndim; ++i) strides[i] = x.strides[i] / size * 8;
    return empty(Dtype::i64, x.ndim, x.shape, strides);
}

py::object launch_running(scan::Running op, const Array& x, dim_t dim, const Array& y = {},
                          const Array& dy = {}, py::handle place = py::none()) {
    const auto& kernel = scan::kRunning[static_cast<int>(op)];
    const Axis axis = axis_of(x, {kernel.name, "input"}, dim);
    py::object out = empty_like(x);
    auto* const places =
        place.is_none() ? nullptr : reinterpret_cast<std::int64_t*>(data_of(place));
    launch(kernel,
           scan::RunningArgs{op, x.dtype, axis.outer, axis.size, axis.inner, x.data, y.data,
                             dy.data, data_of(out), places},
           {x, y, dy, out, place});
    return out;
}

template <scan::Running op>
Tuple<py::object, py::object> running_extreme(py::handle input, dim_t dim) {
    py::object hold;
    const Array x = block_float(input, {scan::kRunning[static_cast<int>(op)].name, "input"}, hold);
    py::object place = places_like(x);
    py::object y = launch_running(op, x, dim, {}, {}, place);
    return py::make_tuple(std::move(y), std::move(place));
}

py::object logcumsumexp(py::handle input, dim_t dim) {
    py::object hold;
    const Array x = block_float(input, {"logcumsumexp", "input"}, hold);
    return launch_running(scan::Running::logcumsumexp, x, dim);
}

py::object logcumsumexp_backward(py::handle dy, py::handle input, py::handle y, dim_t dim) {
    const char* op = "logcumsumexp_backward";
    py::object hold_x, hold_y, hold_dy;
    const Array x = block_float(input, {op, "input"}, hold_x);
    const Array saved = block_like(y, {op, "y"}, x, hold_y);
    const Array d = block_like(dy, {op, "dy"}, x, hold_dy);
    return launch_running(scan::Running::logcumsumexp_backward, x, dim, saved, d);
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
    m.def("cummax", &running_extreme<scan::Running::cummax>, scan::doc::kCummax, arg("input"),
          arg("dim"));
    m.def("cummin", &running_extreme<scan::Running::cummin>, scan::doc::kCummin, arg("input"),
          arg("dim"));
    m.def("logcumsumexp", &logcumsumexp, scan::doc::kLogcumsumexp, arg("input"), arg("dim"));
    m.def("logcumsumexp_backward", &logcumsumexp_backward, scan::doc::kLogcumsumexpBackward,
          arg("dy"), arg("input"), arg("y"), arg("dim"));
}

}  // namespace fastnn::bind
