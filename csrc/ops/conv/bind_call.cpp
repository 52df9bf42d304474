#include "ops/conv/bind_call.h"

#include <algorithm>
#include <string>

#include "bind/arguments.h"
#include "bind/image.h"

namespace fastnn::bind {
namespace {

using conv::kAxes;

constexpr dim_t kMost = dim_t{1} << 31;  // strides and so on stay below: no sum of them overflows

dim_t parse_size(PyObject* item, Name name, dim_t least) {
    if (PyIndex_Check(item) == 0 || PyBool_Check(item) != 0) {
        fail<TypeError>(name.op, ": ", name.argument, " must be an int, got ",
                        Py_TYPE(item)->tp_name);
    }
    const Py_ssize_t value = PyNumber_AsSsize_t(item, nullptr);  // clipped where it does not fit
    if (value == -1 && PyErr_Occurred() != nullptr) throw py::error_already_set();
    if (value < least && least == 0) {
        fail<ValueError>(name.op, ": ", name.argument, " must not be negative, got ", value);
    }
    if (value < least || value >= kMost) {
        fail<ValueError>(name.op, ": ", name.argument, " must be at least ", least,
                         " and below 2**31, got ", value);
    }
    return static_cast<dim_t>(value);
}

// How many spatial axes a weight has; 0 where it has no such shape.
int axes_of(py::handle weight) {
    const int axes = is_array(weight) ? py::detail::array_proxy(weight.ptr())->nd - 2 : 0;
    return axes < 0 || axes > kAxes ? 0 : axes;
}

// An int for all spatial axes, or a tuple or list of one for each.
void parse_axes(py::handle object, Name name, int axes, dim_t least, dim_t (&out)[kAxes]) {
    dim_t* const values = out + kAxes - axes;
    PyObject* given = object.ptr();
    if (!is_sequence(object)) {
        if (PyIndex_Check(given) == 0) {
            fail<TypeError>(name.op, ": ", name.argument, " must be an int or a tuple of ", axes,
                            ", got ", Py_TYPE(given)->tp_name);
        }
        std::fill_n(values, axes, parse_size(given, name, least));
        return;
    }
    const py::tuple items = items_of(object, name);
    const Py_ssize_t count = PyTuple_GET_SIZE(items.ptr());
    if (count != axes && count != 1) {
        fail<ValueError>(name.op, ": ", name.argument, " must be an int or a tuple of ", axes,
                         ", got ", count, " numbers");
    }
    for (int i = 0; i < axes; ++i) {
        values[i] = parse_size(PyTuple_GET_ITEM(items.ptr(), count == 1 ? 0 : i), name, least);
    }
}

std::string size_text(int axes, const dim_t* values) {
    Py_ssize_t shape[kAxes];
    std::copy(values + kAxes - axes, values + kAxes, shape);
    return shape_text(axes, shape);
}

}  // namespace

ConvProblem::ConvProblem(const ConvOp& ops, bool transposes, py::handle weight,
                         const ConvOptions& options)
    : op(ops.name[0]), axes(axes_of(weight)), transposed(transposes), shape{} {
    op = ops.name[axes];
    if (axes == 0) {
        w = strided_float(weight, {op, "weight"}, hold_w);
        check_weight();
    }
    shape.groups = parse_size(options.groups.ptr(), {op, "groups"}, 1);
    for (int i = 0; i < kAxes; ++i) {
        shape.in[i] = shape.out[i] = shape.kernel[i] = shape.stride[i] = shape.dilation[i] = 1;
        shape.pad[i] = 0;
    }
    parse_axes(options.stride, {op, "stride"}, axes, 1, shape.stride);
    parse_axes(options.dilation, {op, "dilation"}, axes, 1, shape.dilation);
    parse_padding(options.padding);
    if (transposed) parse_axes(options.output_padding, {op, "output_padding"}, axes, 0, extra_);
}

void ConvProblem::read(py::handle input, py::handle weight) {
    w = strided_float(weight, {op, "weight"}, hold_w);
    check_weight();
    x = strided_float(input, {op, "input"}, hold_x);
    check_dtype(w, {op, "weight"}, x.dtype);
    channels();
    windows();
}

void ConvProblem::check_weight() const {
    if (axes > 0 && w.ndim == axes + 2) return;
    fail<ValueError>(op, ": weight must have 3, 4 or 5 dimensions, ", weight_layout(),
                     ", got shape ", shape_text(w));
}

Array ConvProblem::image(const Array& a, py::object& hold) const {
    return channels_last(a, axes, hold);
}

Array ConvProblem::checked(py::handle object, const char* argument, const Py_ssize_t* expected,
                           const char* layout, py::object& hold) const {
    const Array a = strided_float(object, {op, argument}, hold);
    if (a.dtype != x.dtype) {
        fail<TypeError>(op, ": ", argument, " must have dtype ", fastnn::name(x.dtype), ", got ",
                        fastnn::name(a.dtype));
    }
    if (a.ndim != x.ndim || !std::equal(expected, expected + x.ndim, a.shape)) {
        fail<ValueError>(op, ": ", argument, " must have the shape of ", layout, ", ",
                         shape_text(x.ndim, expected), ", got ", shape_text(a));
    }
    return a;
}

const char* ConvProblem::weight_layout() const {
    return transposed ? "(in_channels, out_channels / groups, kernel...)"
                      : "(out_channels, in_channels / groups, kernel...)";
}

void ConvProblem::channels() {
    const bool batched = x.ndim == axes + 2;
    if (!batched && x.ndim != axes + 1) {
        const char* spatial[] = {"L", "H, W", "D, H, W"};
        const char* s = spatial[axes - 1];
        fail<ValueError>(op, ": input must have shape (N, C, ", s, ") or (C, ", s, "), got ",
                         shape_text(x));
    }
    shape.n = batched ? static_cast<dim_t>(x.shape[0]) : 1;
    const dim_t c = static_cast<dim_t>(x.shape[batched]);
    dim_t wanted = static_cast<dim_t>(w.shape[0]), made = static_cast<dim_t>(w.shape[1]);
    if (!transposed && wanted % shape.groups != 0) {
        fail<ValueError>(op, ": groups must divide the output channels, got ", shape.groups,
                         " groups and a weight of shape ", shape_text(w));
    }
    if (transposed && c % shape.groups != 0) {
        fail<ValueError>(op, ": groups must divide the input channels, got ", shape.groups,
                         " groups and an input of shape ", shape_text(x));
    }
    if (!transposed) std::swap(wanted, made);
    // One of the two still lacks a factor: the axis of the weight that is divided by groups.
    dim_t& divided = transposed ? made : wanted;
    if (__builtin_mul_overflow(divided, shape.groups, &divided)) throw std::bad_alloc();
    if (c != wanted) {
        const std::string times =
            transposed ? "" : "groups=" + std::to_string(shape.groups) + " times those ";
        fail<ValueError>(op, ": input must have ", wanted, " channels (", times,
                         "of the weight's shape ", shape_text(w), "), got shape ", shape_text(x));
    }
    if (wanted == 0 || made == 0) {
        fail<ValueError>(op, ": weight must have at least one input and one output channel, ",
                         "got shape ", shape_text(w));
    }
    shape.c = transposed ? made : wanted;
    shape.o = transposed ? wanted : made;
    if (batched) out[0] = x.shape[0];
    out[batched] = made;
}

void ConvProblem::windows() {
    const bool batched = x.ndim == axes + 2;
    for (int i = 0; i < axes; ++i) {
        const int to = kAxes - axes + i;
        const Py_ssize_t k = w.shape[2 + i], size = x.shape[1 + batched + i];
        if (k < 1 || k >= kMost) {
            fail<ValueError>(op, ": weight must have a kernel of at least 1 and below 2**31 ",
                             "along each axis, got shape ", shape_text(w));
        }
        if (size < 1) {
            fail<ValueError>(op, ": input must have at least one element along each spatial ",
                             "axis, got shape ", shape_text(x));
        }
        shape.kernel[to] = static_cast<dim_t>(k);
        (transposed ? shape.out : shape.in)[to] = static_cast<dim_t>(size);
    }
    if (transposed) {
        transposed_sizes();
    } else {
        dim_t after[kAxes];
        std::copy(shape.pad, shape.pad + kAxes, after);
        if (same_) pad_same(after);
        forward_sizes(after);
    }
    const dim_t* made = transposed ? shape.in : shape.out;
    for (int i = 0; i < axes; ++i) out[1 + batched + i] = made[kAxes - axes + i];
}

void ConvProblem::parse_padding(py::handle object) {
    if (transposed || PyUnicode_Check(object.ptr()) == 0)
        return parse_axes(object, {op, "padding"}, axes, 0, shape.pad);
    if (PyUnicode_CompareWithASCIIString(object.ptr(), "valid") == 0) return;
    if (PyUnicode_CompareWithASCIIString(object.ptr(), "same") != 0) {
        fail<ValueError>(op, ": padding must be 'same', 'valid', an int or a tuple, got ",
                         py::repr(object).cast<std::string>());
    }
    same_ = true;
}

void ConvProblem::pad_same(dim_t (&after)[kAxes]) {
    for (int i = 0; i < kAxes; ++i) {
        if (shape.stride[i] != 1) {
            fail<ValueError>(op, ": padding='same' needs a stride of 1, got ",
                             size_text(axes, shape.stride));
        }
        shape.pad[i] = reach(i) / 2;
        after[i] = reach(i) - shape.pad[i];
    }
}

void ConvProblem::forward_sizes(const dim_t (&after)[kAxes]) {
    dim_t padded[kAxes];
    bool fits = true;
    for (int i = 0; i < kAxes; ++i) {
        padded[i] = shape.in[i] + shape.pad[i] + after[i];
        fits = fits && padded[i] > reach(i);
        shape.out[i] = (padded[i] - reach(i) - 1) / shape.stride[i] + 1;
    }
    if (fits) return;
    dim_t reached[kAxes];
    for (int i = 0; i < kAxes; ++i) reached[i] = reach(i) + 1;
    fail<ValueError>(op, ": the kernel must not be larger than the padded input, ",
                     size_text(axes, padded), ", got a kernel of ", size_text(axes, shape.kernel),
                     std::equal(reached, reached + kAxes, shape.kernel)
                         ? ""
                         : " that reaches over " + size_text(axes, reached));
}

void ConvProblem::transposed_sizes() {
    const dim_t(&extra)[kAxes] = extra_;
    for (int i = kAxes - axes; i < kAxes; ++i) {
        if (extra[i] >= shape.stride[i] && extra[i] >= shape.dilation[i]) {
            fail<ValueError>(op, ": output_padding must be smaller than stride or dilation, ",
                             "got ", size_text(axes, extra), " for stride ",
                             size_text(axes, shape.stride), " and dilation ",
                             size_text(axes, shape.dilation));
        }
        dim_t size = 0;
        if (__builtin_mul_overflow(shape.out[i] - 1, shape.stride[i], &size) ||
            __builtin_add_overflow(size, reach(i) + extra[i] + 1, &size)) {
            throw std::bad_alloc();
        }
        shape.in[i] = size - 2 * shape.pad[i];
    }
    if (*std::min_element(shape.in, shape.in + kAxes) < 1) {
        fail<ValueError>(op, ": padding must leave an output of at least 1 along each axis, ",
                         "got padding ", size_text(axes, shape.pad), " and an output of ",
                         size_text(axes, shape.in));
    }
}

}  // namespace fastnn::bind
