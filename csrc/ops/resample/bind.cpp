#include <algorithm>
#include <cmath>
#include <limits>

#include "bind/arguments.h"
#include "bind/array.h"
#include "bind/families.h"
#include "bind/image.h"
#include "ops/resample/doc.h"
#include "ops/resample/resample.h"

namespace fastnn::bind {
namespace {

using resample::kAxes;
using resample::Mode;

constexpr dim_t kMost = std::numeric_limits<std::int32_t>::max() / 4;  // taps are ints

constexpr Choice<Mode> kModes[] = {{"nearest", Mode::nearest},
                                   {"nearest-exact", Mode::nearest_exact},
                                   {"linear", Mode::linear},
                                   {"cubic", Mode::cubic}};

// Sizes of the axes that are not N and C.
struct Sizes {
    int axes;
    dim_t value[kAxes];

    Sizes(py::handle tuple, Name name) : axes(count_sizes(tuple, name, kAxes)) {
        parse_sizes(tuple, name, axes, 1, value, kMost);
    }
};

// None, or one number for each axis.
void set_scales(py::handle object, const char* op, int axes, double (&scale)[kAxes]) {
    std::fill_n(scale, kAxes, 0.0);
    if (object.is_none()) return;
    if (!PyTuple_Check(object.ptr()) || PyTuple_GET_SIZE(object.ptr()) != axes) {
        fail<TypeError>(op, ": scales must be None or a tuple of ", axes, " numbers");
    }
    for (int i = 0; i < axes; ++i) {
        const double value = PyFloat_AsDouble(PyTuple_GET_ITEM(object.ptr(), i));
        if (value == -1 && PyErr_Occurred() != nullptr) throw py::error_already_set();
        if (!(value > 0) || std::isinf(value)) {
            fail<ValueError>(op, ": scales must be positive and finite, got ", value);
        }
        scale[kAxes - axes + i] = value;
    }
}

Array image_of(py::handle object, Name name, int axes, py::object& hold) {
    const Array a = strided_float(object, name, hold);
    constexpr const char* kLayouts[kAxes] = {"(N, C, L)", "(N, C, H, W)", "(N, C, D, H, W)"};
    check_ndim(a, name, axes + 2, kLayouts[axes - 1]);
    for (int i = 2; i < a.ndim; ++i) {
        if (a.shape[i] < 1 || a.shape[i] > kMost) {
            fail<ValueError>(name.op, ": ", name.argument,
                             " must have no empty axis besides N and C, got shape ", shape_text(a));
        }
    }
    return a;
}

// Averages are for linear and cubic modes, and their tables must not be too long for ints.
void check_averages(const resample::Args& a, const char* op) {
    if (a.mode != Mode::linear && a.mode != Mode::cubic) {
        fail<ValueError>(op, ": antialias is for modes 'linear' and 'cubic'");
    }
    for (int i = 0; i < kAxes; ++i) {
        const double step = resample::step_of(a.align_corners, a.in[i], a.out[i], a.scale[i]),
                     most = resample::Reach(a.mode, step).most(),
                     places = std::min(most, static_cast<double>(a.in[i]));
        if (places * static_cast<double>(a.out[i]) > static_cast<double>(kMost)) {
            fail<ValueError>(op, ": antialias from ", a.in[i], " to ", a.out[i],
                             " places needs more weights than ", kMost);
        }
    }
}

py::object run(const Kernel<resample::Args>& kernel, bool backward, py::handle from,
               py::handle size, py::handle mode, bool align_corners, py::handle scales,
               bool antialias) {
    const char* op = kernel.name;
    const Name name{op, backward ? "dy" : "input"};
    const Sizes to(size, {op, backward ? "input_size" : "output_size"});
    double scale[kAxes];
    set_scales(scales, op, to.axes, scale);
    py::object hold_aligned, hold;
    const Array a = image_of(from, name, to.axes, hold_aligned);
    resample::Args args{.dtype = a.dtype,
                        .mode = parse_choice(mode, {op, "mode"}, kModes),
                        .align_corners = align_corners,
                        .antialias = antialias,
                        .n = a.shape[0],
                        .c = a.shape[1],
                        .in = {1, 1, 1},
                        .out = {1, 1, 1},
                        .scale = {scale[0], scale[1], scale[2]},
                        .from = nullptr,
                        .to = nullptr};
    Py_ssize_t shape[kAxes + 2] = {a.shape[0], a.shape[1]};
    for (int i = 0; i < to.axes; ++i) {
        const int axis = kAxes - to.axes + i;
        (backward ? args.out : args.in)[axis] = a.shape[2 + i];
        (backward ? args.in : args.out)[axis] = shape[2 + i] = to.value[i];
    }
    if (antialias) check_averages(args, op);
    py::object result = empty_channels_last(a.dtype, a.ndim, shape, to.axes);
    const Array image = channels_last(a, to.axes, hold);
    args.from = image.data;
    args.to = data_of(result);
    launch(kernel, args, {image, result});
    return result;
}

py::object interpolate(py::handle input, py::handle output_size, py::handle mode,
                       bool align_corners, py::handle scales, bool antialias) {
    return run(resample::kResample, false, input, output_size, mode, align_corners, scales,
               antialias);
}

py::object interpolate_backward(py::handle dy, py::handle input_size, py::handle mode,
                                bool align_corners, py::handle scales, bool antialias) {
    return run(resample::kResampleBackward, true, dy, input_size, mode, align_corners, scales,
               antialias);
}

}  // namespace

void bind_resample(py::module_& m) {
    const py::arg_v mode = py::arg("mode") = "nearest";
    const py::arg_v align_corners = py::arg("align_corners") = false;
    const py::arg_v scales = py::arg("scales") = py::none();
    const py::arg_v antialias = py::arg("antialias") = false;
    m.def("interpolate", &interpolate, resample::doc::kInterpolate, py::arg("input"),
          py::arg("output_size"), mode, align_corners, scales, antialias);
    m.def("interpolate_backward", &interpolate_backward, resample::doc::kInterpolateBackward,
          py::arg("dy"), py::arg("input_size"), mode, align_corners, scales, antialias);
}

}  // namespace fastnn::bind
