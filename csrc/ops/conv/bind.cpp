#include <algorithm>
#include <atomic>
#include <cstring>
#include <string>

#include "bind/array.h"
#include "bind/families.h"
#include "bind/image.h"
#include "bind/read_only.h"
#include "ops/activation/activation.h"
#include "ops/conv/conv.h"
#include "ops/gemm/operand.h"

namespace fastnn::bind {
namespace {

using conv::Algorithm;
using conv::kAxes;

std::atomic<Algorithm> chosen{Algorithm::automatic};

constexpr struct {
    const char* name;
    Algorithm value;
} kAlgorithms[] = {{"auto", Algorithm::automatic},
                   {"direct", Algorithm::direct},
                   {"winograd", Algorithm::winograd}};

constexpr long kMost = 1L << 31;  // strides and so on stay below: no sum of them overflows

// What the errors call the operation, by the number of its spatial axes; 0 where that is not known.
struct Op {
    const char* name[kAxes + 1];
};
constexpr Op kForwardOp = {{"conv", "conv1d", "conv2d", "conv3d"}};
constexpr Op kBackwardOp = {
    {"conv_backward", "conv1d_backward", "conv2d_backward", "conv3d_backward"}};
constexpr Op kTransposeOp = {
    {"conv_transpose", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d"}};
constexpr Op kTransposeBackwardOp = {{"conv_transpose_backward", "conv_transpose1d_backward",
                                      "conv_transpose2d_backward", "conv_transpose3d_backward"}};

long parse_int(PyObject* item, Name name, long least) {
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
    return static_cast<long>(value);
}

// An int for all spatial axes, or a tuple of one for each.
void parse_axes(py::handle object, Name name, int axes, long least, long (&out)[kAxes]) {
    long* const values = out + kAxes - axes;
    PyObject* given = object.ptr();
    if (PyTuple_Check(given) == 0 && PyList_Check(given) == 0) {
        if (PyIndex_Check(given) == 0) {
            fail<TypeError>(name.op, ": ", name.argument, " must be an int or a tuple of ", axes,
                            ", got ", Py_TYPE(given)->tp_name);
        }
        std::fill_n(values, axes, parse_int(given, name, least));
        return;
    }
    const Py_ssize_t count = PySequence_Fast_GET_SIZE(given);
    if (count != axes && count != 1) {
        fail<ValueError>(name.op, ": ", name.argument, " must be an int or a tuple of ", axes,
                         ", got ", count, " numbers");
    }
    for (int i = 0; i < axes; ++i) {
        values[i] = parse_int(PySequence_Fast_GET_ITEM(given, count == 1 ? 0 : i), name, least);
    }
}

bool parse_relu(py::handle object, const char* op) {
    if (object.is_none()) return false;
    const char* text =
        PyUnicode_Check(object.ptr()) != 0 ? PyUnicode_AsUTF8(object.ptr()) : nullptr;
    if (text == nullptr) {
        PyErr_Clear();
        fail<TypeError>(op, ": activation must be None or 'relu', got ",
                        Py_TYPE(object.ptr())->tp_name);
    }
    if (std::strcmp(text, "relu") != 0) {
        fail<ValueError>(op, ": activation must be None or 'relu', got '", text, "'");
    }
    return true;
}

std::string size_text(int axes, const long* values) {
    Py_ssize_t shape[kAxes];
    std::copy(values + kAxes - axes, values + kAxes, shape);
    return shape_text(axes, shape);
}

// The arguments that say where windows lie, as Python gives them.
struct Options {
    py::handle stride, padding, output_padding, dilation, groups;
};

// A checked call: the input (which is y of the convolution where transposed), the weight, and the
// shape of what comes out.
struct Problem {
    const char* op;
    int axes;
    bool transposed;
    Array x, w;
    conv::Shape shape;
    Py_ssize_t out[kAxes + 2];
    py::object hold_x, hold_w;

    Problem(const Op& ops, bool transposes, py::handle input, py::handle weight,
            const Options& options)
        : op(ops.name[0]), axes(0), transposed(transposes), shape{} {
        w = float_or_aligned(weight, "weight", hold_w);
        if (w.ndim < 3 || w.ndim > kAxes + 2) {
            fail<ValueError>(op, ": weight must have 3, 4 or 5 dimensions, ", weight_layout(),
                             ", got shape ", shape_text(w));
        }
        axes = w.ndim - 2;
        op = ops.name[axes];
        x = float_or_aligned(input, "input", hold_x);
        if (w.dtype != x.dtype) {
            fail<TypeError>(op, ": weight must have the input's dtype, ", fastnn::name(x.dtype),
                            ", got ", fastnn::name(w.dtype));
        }
        channels(options.groups);
        windows(options);
    }

    // The input, or an array like it, as the kernels read it.
    Array image(const Array& a, const char* argument, py::object& hold) const {
        return channels_last(a, {op, argument}, axes, hold);
    }
    // Another image: of the type of the input, and of this shape.
    Array checked(py::handle object, const char* argument, const Py_ssize_t* expected,
                  const char* layout, py::object& hold) const {
        const Array a = float_or_aligned(object, argument, hold);
        if (a.dtype != x.dtype) {
            fail<TypeError>(op, ": ", argument, " must have dtype ", fastnn::name(x.dtype),
                            ", got ", fastnn::name(a.dtype));
        }
        if (a.ndim != x.ndim || !std::equal(expected, expected + x.ndim, a.shape)) {
            fail<ValueError>(op, ": ", argument, " must have the shape of ", layout, ", ",
                             shape_text(x.ndim, expected), ", got ", shape_text(a));
        }
        return a;
    }
    bool empty_batch() const { return shape.n == 0; }
    long out_channels() const { return transposed ? shape.c : shape.o; }

 private:
    // Unaligned memory is copied here, and anything but floats refused.
    Array float_or_aligned(py::handle object, const char* argument, py::object& hold) const {
        return operand(object, {op, argument}, hold);
    }
    const char* weight_layout() const {
        return transposed ? "(in_channels, out_channels / groups, kernel...)"
                          : "(out_channels, in_channels / groups, kernel...)";
    }

    void channels(py::handle groups_object) {
        const bool batched = x.ndim == axes + 2;
        if (!batched && x.ndim != axes + 1) {
            const char* spatial[] = {"L", "H, W", "D, H, W"};
            const char* s = spatial[axes - 1];
            fail<ValueError>(op, ": input must have shape (N, C, ", s, ") or (C, ", s, "), got ",
                             shape_text(x));
        }
        shape.groups = parse_int(groups_object.ptr(), {op, "groups"}, 1);
        shape.n = batched ? static_cast<long>(x.shape[0]) : 1;
        const long c = static_cast<long>(x.shape[batched]);
        long wanted = static_cast<long>(w.shape[0]), made = static_cast<long>(w.shape[1]);
        if (!transposed && wanted % shape.groups != 0) {
            fail<ValueError>(op, ": groups must divide the output channels, got ", shape.groups,
                             " groups and a weight of shape ", shape_text(w));
        }
        if (transposed && c % shape.groups != 0) {
            fail<ValueError>(op, ": groups must divide the input channels, got ", shape.groups,
                             " groups and an input of shape ", shape_text(x));
        }
        if (!transposed) std::swap(wanted, made);
        // Now one factor of `wanted` and `made` is still missing: that of the axis divided by
        // groups.
        long& divided = transposed ? made : wanted;
        if (__builtin_mul_overflow(divided, shape.groups, &divided)) throw std::bad_alloc();
        if (c != wanted) {
            const std::string times =
                transposed ? "" : "groups=" + std::to_string(shape.groups) + " times those ";
            fail<ValueError>(op, ": input must have ", wanted, " channels (", times,
                             "of the weight's shape ", shape_text(w), "), got shape ",
                             shape_text(x));
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

    void windows(const Options& options) {
        const bool batched = x.ndim == axes + 2;
        for (int i = 0; i < kAxes; ++i) {
            shape.in[i] = shape.out[i] = shape.kernel[i] = shape.stride[i] = shape.dilation[i] = 1;
            shape.pad[i] = 0;
        }
        parse_axes(options.stride, {op, "stride"}, axes, 1, shape.stride);
        parse_axes(options.dilation, {op, "dilation"}, axes, 1, shape.dilation);
        long after[kAxes] = {0, 0, 0}, extra[kAxes] = {0, 0, 0};
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
            shape.kernel[to] = static_cast<long>(k);
            (transposed ? shape.out : shape.in)[to] = static_cast<long>(size);
        }
        padding(options.padding, after);
        if (!transposed) {
            forward_sizes(after);
        } else {
            parse_axes(options.output_padding, {op, "output_padding"}, axes, 0, extra);
            transposed_sizes(extra);
        }
        const long* made = transposed ? shape.in : shape.out;
        for (int i = 0; i < axes; ++i) out[1 + batched + i] = made[kAxes - axes + i];
    }

    long reach(int i) const { return shape.dilation[i] * (shape.kernel[i] - 1); }

    void padding(py::handle object, long (&after)[kAxes]) {
        if (transposed || PyUnicode_Check(object.ptr()) == 0) {
            parse_axes(object, {op, "padding"}, axes, 0, shape.pad);
            std::copy(shape.pad, shape.pad + kAxes, after);
            return;
        }
        if (PyUnicode_CompareWithASCIIString(object.ptr(), "valid") == 0) return;
        if (PyUnicode_CompareWithASCIIString(object.ptr(), "same") != 0) {
            fail<ValueError>(op, ": padding must be 'same', 'valid', an int or a tuple, got ",
                             py::repr(object).cast<std::string>());
        }
        for (int i = 0; i < kAxes; ++i) {
            if (shape.stride[i] != 1) {
                fail<ValueError>(op, ": padding='same' needs a stride of 1, got ",
                                 size_text(axes, shape.stride));
            }
            shape.pad[i] = reach(i) / 2;
            after[i] = reach(i) - shape.pad[i];
        }
    }

    void forward_sizes(const long (&after)[kAxes]) {
        long padded[kAxes];
        bool fits = true;
        for (int i = 0; i < kAxes; ++i) {
            padded[i] = shape.in[i] + shape.pad[i] + after[i];
            fits = fits && padded[i] > reach(i);
            shape.out[i] = (padded[i] - reach(i) - 1) / shape.stride[i] + 1;
        }
        if (fits) return;
        long reached[kAxes];
        for (int i = 0; i < kAxes; ++i) reached[i] = reach(i) + 1;
        fail<ValueError>(op, ": the kernel must not be larger than the padded input, ",
                         size_text(axes, padded), ", got a kernel of ",
                         size_text(axes, shape.kernel),
                         std::equal(reached, reached + kAxes, shape.kernel)
                             ? ""
                             : " that reaches over " + size_text(axes, reached));
    }

    void transposed_sizes(const long (&extra)[kAxes]) {
        for (int i = kAxes - axes; i < kAxes; ++i) {
            if (extra[i] >= shape.stride[i] && extra[i] >= shape.dilation[i]) {
                fail<ValueError>(op, ": output_padding must be smaller than stride or dilation, ",
                                 "got ", size_text(axes, extra), " for stride ",
                                 size_text(axes, shape.stride), " and dilation ",
                                 size_text(axes, shape.dilation));
            }
            long size = 0;
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
};

py::object forward(const Op& ops, bool transposed, py::handle input, py::handle weight,
                   py::handle bias, const Options& options, py::handle activation,
                   py::handle residual) {
    const Problem p(ops, transposed, input, weight, options);
    conv::Args args{};
    args.relu = parse_relu(activation, p.op);
    args.dtype = p.x.dtype;
    args.algorithm = chosen.load(std::memory_order_relaxed);
    args.transposed = transposed;
    args.shape = p.shape;
    py::object hold_b, hold_r, hold_w, hold_x, hold_image;
    if (!bias.is_none()) {
        const Array b = dense_as(bias, {p.op, "bias"}, p.x.dtype, hold_b);
        check_shape(b, {p.op, "bias"}, {p.out_channels()});
        args.bias = b.data;
    }
    Array r{};
    if (!residual.is_none()) r = p.checked(residual, "residual", p.out, "the output", hold_r);
    py::object y = empty_channels_last(p.x.dtype, p.x.ndim, p.out, p.axes);
    if (p.empty_batch()) return y;
    args.to = data_of(y);
    args.from = p.image(p.x, "input", hold_x).data;
    args.w = dense_float(py::handle(p.w.object), {p.op, "weight"}, hold_w).data;
    if (!residual.is_none()) args.residual = p.image(r, "residual", hold_image).data;
    KeptWith kept(p.w);
    args.kept = kept.get();
    launch(conv::kConv[transposed], args);
    kept.store();
    return y;
}

py::tuple backward(const Op& ops, bool transposed, py::handle dy_object, py::handle input,
                   py::handle weight, py::handle y, const Options& options, py::handle needs) {
    const Problem p(ops, transposed, input, weight, options);
    const Dtype dtype = p.x.dtype;
    const Py_ssize_t count =
        PyTuple_Check(needs.ptr()) != 0 ? PyTuple_GET_SIZE(needs.ptr()) : Py_ssize_t{0};
    if (count != 3 && count != 4) {
        fail<TypeError>(p.op, ": needs must be a tuple of three or four booleans, for input, ",
                        "weight, bias and residual");
    }
    bool wanted[4] = {};
    for (Py_ssize_t i = 0; i < count; ++i) {
        wanted[i] = PyObject_IsTrue(PyTuple_GET_ITEM(needs.ptr(), i)) == 1;
    }
    py::object hold_dy, hold_y, hold_image, hold_relu, hold_x, hold_w, dz;
    Array dy = p.checked(dy_object, "dy", p.out, "the output", hold_dy);
    Array output{};
    if (!y.is_none()) output = p.checked(y, "y", p.out, "the output", hold_y);
    py::object grads[4] = {py::none(), py::none(), py::none(), py::none()};
    if (wanted[0]) grads[0] = empty_channels_last(dtype, p.x.ndim, p.x.shape, p.axes);
    if (wanted[1]) grads[1] = empty(dtype, p.w.ndim, p.w.shape);
    if (wanted[2]) grads[2] = empty(dtype, {p.out_channels()});
    const auto result = [&] {
        py::tuple all(count);
        for (Py_ssize_t i = 0; i < count; ++i) all[i] = std::move(grads[i]);
        return all;
    };
    if (p.empty_batch()) {
        const auto clear = [&](py::handle array, std::int64_t size) {
            std::memset(data_of(array), 0, static_cast<std::size_t>(size) * size_of(dtype));
        };
        if (wanted[1]) clear(grads[1], p.w.size());
        if (wanted[2]) clear(grads[2], p.out_channels());
        if (wanted[3]) grads[3] = empty_channels_last(dtype, p.x.ndim, p.out, p.axes);
        return result();
    }
    const auto before_relu = [&] {  // dy, then times the slope of relu
        dz = py::reinterpret_borrow<py::object>(dy_object);
        if (y.is_none() && !wanted[0] && !wanted[1] && !wanted[2]) return;
        dy = p.image(dy, "dy", hold_image);
        if (y.is_none()) return;
        output = p.image(output, "y", hold_relu);
        dz = empty_channels_last(dtype, p.x.ndim, p.out, p.axes);
        launch(activation::entry(activation::Op::relu).backward,
               activation::BackwardArgs{
                   activation::Op::relu, dtype, dy.size(), dy.data, output.data, data_of(dz), {}});
        dy.data = data_of(dz);
    };
    before_relu();
    if (wanted[3]) grads[3] = dz;
    const Algorithm algorithm = chosen.load(std::memory_order_relaxed);
    if (wanted[0]) {
        conv::Args args{};
        args.dtype = dtype;
        args.algorithm = algorithm;
        args.transposed = !transposed;
        args.shape = p.shape;
        args.from = dy.data;
        args.w = dense_float(py::handle(p.w.object), {p.op, "weight"}, hold_w).data;
        args.to = data_of(grads[0]);
        launch(conv::kConv[!transposed], args);
    }
    if (!wanted[1] && !wanted[2]) return result();
    conv::WeightArgs args{};
    args.dtype = dtype;
    args.algorithm = algorithm;
    args.shape = p.shape;
    args.dy = dy.data;
    if (wanted[1]) {
        args.x = p.image(p.x, "input", hold_x).data;
        args.dw = data_of(grads[1]);
    }
    if (!transposed) {
        if (wanted[2]) args.db = data_of(grads[2]);
        launch(conv::kConvWeight, args);
        return result();
    }
    // The roles of x and y are swapped, and the bias belongs to x: its gradient is a call of its
    // own, of a convolution whose y is dy.
    if (wanted[1]) {
        std::swap(args.x, args.dy);
        launch(conv::kConvWeight, args);
    }
    if (wanted[2]) {
        conv::WeightArgs sums{};
        sums.dtype = dtype;
        sums.algorithm = algorithm;
        sums.dy = dy.data;
        sums.db = data_of(grads[2]);
        sums.shape = p.shape;
        sums.shape.o = p.shape.c;
        sums.shape.c = sums.shape.groups = 1;
        for (int i = 0; i < kAxes; ++i) {
            sums.shape.out[i] = p.shape.in[i];
            sums.shape.kernel[i] = sums.shape.stride[i] = sums.shape.dilation[i] = 1;
            sums.shape.pad[i] = 0;
        }
        launch(conv::kConvWeight, sums);
    }
    return result();
}

py::object conv_forward(py::handle input, py::handle weight, py::handle bias, py::handle stride,
                        py::handle padding, py::handle dilation, py::handle groups,
                        py::handle activation, py::handle residual) {
    return forward(kForwardOp, false, input, weight, bias, {stride, padding, {}, dilation, groups},
                   activation, residual);
}

py::tuple conv_backward(py::handle dy, py::handle input, py::handle weight, py::handle y,
                        py::handle stride, py::handle padding, py::handle dilation,
                        py::handle groups, py::handle needs) {
    return backward(kBackwardOp, false, dy, input, weight, y,
                    {stride, padding, {}, dilation, groups}, needs);
}

py::object conv_transpose(py::handle input, py::handle weight, py::handle bias, py::handle stride,
                          py::handle padding, py::handle output_padding, py::handle groups,
                          py::handle dilation, py::handle activation, py::handle residual) {
    return forward(kTransposeOp, true, input, weight, bias,
                   {stride, padding, output_padding, dilation, groups}, activation, residual);
}

py::tuple conv_transpose_backward(py::handle dy, py::handle input, py::handle weight, py::handle y,
                                  py::handle stride, py::handle padding, py::handle output_padding,
                                  py::handle groups, py::handle dilation, py::handle needs) {
    return backward(kTransposeBackwardOp, true, dy, input, weight, y,
                    {stride, padding, output_padding, dilation, groups}, needs);
}

const char* conv_algorithm() {
    for (const auto& a : kAlgorithms) {
        if (a.value == chosen.load()) return a.name;
    }
    return "";
}

void set_conv_algorithm(const std::string& name) {
    for (const auto& a : kAlgorithms) {
        if (name == a.name) return chosen.store(a.value);
    }
    fail<ValueError>("conv_algorithm: name must be 'auto', 'direct' or 'winograd', got '", name,
                     "'");
}

}  // namespace

void bind_conv(py::module_& m) {
    const auto stride = [] { return py::arg("stride") = 1; };
    const auto padding = [] { return py::arg("padding") = 0; };
    const auto output_padding = [] { return py::arg("output_padding") = 0; };
    const auto dilation = [] { return py::arg("dilation") = 1; };
    const auto groups = [] { return py::arg("groups") = 1; };
    const auto none = [](const char* name) { return py::arg(name) = py::none(); };
    const auto needs = [] { return py::arg("needs") = py::make_tuple(true, true, true); };
    m.def("conv", &conv_forward, py::arg("input"), py::arg("weight"), none("bias"), stride(),
          padding(), dilation(), groups(), none("activation"), none("residual"));
    m.def("conv_backward", &conv_backward, py::arg("dy"), py::arg("input"), py::arg("weight"),
          none("y"), stride(), padding(), dilation(), groups(), needs());
    m.def("conv_transpose", &conv_transpose, py::arg("input"), py::arg("weight"), none("bias"),
          stride(), padding(), output_padding(), groups(), dilation(), none("activation"),
          none("residual"));
    m.def("conv_transpose_backward", &conv_transpose_backward, py::arg("dy"), py::arg("input"),
          py::arg("weight"), none("y"), stride(), padding(), output_padding(), groups(), dilation(),
          needs());
    m.def("conv_algorithm", &conv_algorithm);
    m.def("set_conv_algorithm", &set_conv_algorithm, py::arg("name"));
}

}  // namespace fastnn::bind
