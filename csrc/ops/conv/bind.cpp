#include <algorithm>
#include <atomic>
#include <cstring>
#include <string>

#include "bind/activation.h"
#include "bind/array.h"
#include "bind/families.h"
#include "bind/image.h"
#include "bind/read_only.h"
#include "ops/activation/activation.h"
#include "ops/conv/bind_call.h"

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

constexpr ConvOp kForwardOp = {{"conv", "conv1d", "conv2d", "conv3d"}};
constexpr ConvOp kBackwardOp = {
    {"conv_backward", "conv1d_backward", "conv2d_backward", "conv3d_backward"}};
constexpr ConvOp kTransposeOp = {
    {"conv_transpose", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d"}};
constexpr ConvOp kTransposeBackwardOp = {{"conv_transpose_backward", "conv_transpose1d_backward",
                                          "conv_transpose2d_backward",
                                          "conv_transpose3d_backward"}};

py::object forward(const ConvOp& ops, bool transposed, py::handle input, py::handle weight,
                   py::handle bias, const ConvOptions& options, py::handle function,
                   py::handle residual, bool keep) {
    const ConvProblem p(ops, transposed, input, weight, options);
    conv::Args args{};
    args.activation = parse_activation(function, p.op);
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
    py::object saved = py::none();  // what the gradient of the activation is computed from
    if (keep && args.activation.kind != Activation::none) {
        const bool output = activation::facts(args.activation.kind).gradient_reads_output;
        saved = output ? y : empty_channels_last(p.x.dtype, p.x.ndim, p.out, p.axes);
        if (!output) args.preactivation = data_of(saved);
    }
    const auto result = [&]() -> py::object {
        if (!keep) return y;
        return py::make_tuple(y, saved);
    };
    if (p.empty_batch()) return result();
    args.to = data_of(y);
    const Array x = p.image(p.x, "input", hold_x);
    const Array w = dense_float(p.w, {p.op, "weight"}, hold_w);
    args.from = x.data, args.w = w.data;
    if (!residual.is_none()) r = p.image(r, "residual", hold_image);
    args.residual = r.data;
    args.cache = packed_cache_of(p.w);
    launch(conv::kConv[transposed], args, {x, w, bias, hold_b, r, y, saved});
    return result();
}

py::tuple backward(const ConvOp& ops, bool transposed, py::handle dy_object, py::handle input,
                   py::handle weight, py::handle saved, const ConvOptions& options,
                   py::handle needs, py::handle function) {
    const ConvProblem p(ops, transposed, input, weight, options);
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
    py::object hold_dy, hold_saved, hold_image, hold_x, hold_w, dz;
    Array dy = p.checked(dy_object, "dy", p.out, "the output", hold_dy);
    const FusedActivation f = parse_activation(function, p.op);
    const bool activated = f.kind != Activation::none;
    Array s{};
    if (activated) s = p.checked(saved, "saved", p.out, "the output", hold_saved);
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
    const auto preactivation_gradient = [&] {
        dz = py::reinterpret_borrow<py::object>(dy_object);
        if (!activated && !wanted[0] && !wanted[1] && !wanted[2]) return;
        dy = p.image(dy, "dy", hold_image);
        if (!activated) return;
        py::object hold;
        s = p.image(s, "saved", hold);
        dz = empty_channels_last(dtype, p.x.ndim, p.out, p.axes);
        launch(activation::backward_kernel(f.kind),
               activation::BackwardArgs{f, dtype, dy.size(), dy.data, s.data, data_of(dz)},
               {dy, s, dz});
        dy = float_array(dz, {p.op, "dy"});
    };
    preactivation_gradient();
    if (wanted[3]) grads[3] = dz;
    const Algorithm algorithm = chosen.load(std::memory_order_relaxed);
    if (wanted[0]) {
        conv::Args args{};
        args.dtype = dtype;
        args.algorithm = algorithm;
        args.transposed = !transposed;
        args.shape = p.shape;
        args.from = dy.data;
        const Array w = dense_float(p.w, {p.op, "weight"}, hold_w);
        args.w = w.data;
        args.to = data_of(grads[0]);
        launch(conv::kConv[!transposed], args, {dy, w, grads[0]});
    }
    if (!wanted[1] && !wanted[2]) return result();
    conv::WeightArgs args{};
    args.dtype = dtype;
    args.algorithm = algorithm;
    args.shape = p.shape;
    args.dy = dy.data;
    Array x{};
    if (wanted[1]) {
        x = p.image(p.x, "input", hold_x);
        args.x = x.data;
        args.dw = data_of(grads[1]);
    }
    if (!transposed) {
        if (wanted[2]) args.db = data_of(grads[2]);
        launch(conv::kConvWeight, args, {x, dy, grads[1], grads[2]});
        return result();
    }
    // The roles of x and y are swapped, and the bias belongs to x: its gradient is a call of its
    // own, of a convolution whose y is dy.
    if (wanted[1]) {
        std::swap(args.x, args.dy);
        launch(conv::kConvWeight, args, {x, dy, grads[1], grads[2]});
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
        launch(conv::kConvWeight, sums, {dy, grads[2]});
    }
    return result();
}

py::object conv_forward(py::handle input, py::handle weight, py::handle bias, py::handle stride,
                        py::handle padding, py::handle dilation, py::handle groups,
                        py::handle activation, py::handle residual, bool keep) {
    return forward(kForwardOp, false, input, weight, bias, {stride, padding, {}, dilation, groups},
                   activation, residual, keep);
}

py::tuple conv_backward(py::handle dy, py::handle input, py::handle weight, py::handle saved,
                        py::handle stride, py::handle padding, py::handle dilation,
                        py::handle groups, py::handle needs, py::handle activation) {
    return backward(kBackwardOp, false, dy, input, weight, saved,
                    {stride, padding, {}, dilation, groups}, needs, activation);
}

py::object conv_transpose(py::handle input, py::handle weight, py::handle bias, py::handle stride,
                          py::handle padding, py::handle output_padding, py::handle groups,
                          py::handle dilation, py::handle activation, py::handle residual,
                          bool keep) {
    return forward(kTransposeOp, true, input, weight, bias,
                   {stride, padding, output_padding, dilation, groups}, activation, residual, keep);
}

py::tuple conv_transpose_backward(py::handle dy, py::handle input, py::handle weight,
                                  py::handle saved, py::handle stride, py::handle padding,
                                  py::handle output_padding, py::handle groups, py::handle dilation,
                                  py::handle needs, py::handle activation) {
    return backward(kTransposeBackwardOp, true, dy, input, weight, saved,
                    {stride, padding, output_padding, dilation, groups}, needs, activation);
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
          padding(), dilation(), groups(), none("activation"), none("residual"),
          py::arg("keep") = false);
    m.def("conv_backward", &conv_backward, py::arg("dy"), py::arg("input"), py::arg("weight"),
          none("saved"), stride(), padding(), dilation(), groups(), needs(), none("activation"));
    m.def("conv_transpose", &conv_transpose, py::arg("input"), py::arg("weight"), none("bias"),
          stride(), padding(), output_padding(), groups(), dilation(), none("activation"),
          none("residual"), py::arg("keep") = false);
    m.def("conv_transpose_backward", &conv_transpose_backward, py::arg("dy"), py::arg("input"),
          py::arg("weight"), none("saved"), stride(), padding(), output_padding(), groups(),
          dilation(), needs(), none("activation"));
    m.def("conv_algorithm", &conv_algorithm);
    m.def("set_conv_algorithm", &set_conv_algorithm, py::arg("name"));
}

}  // namespace fastnn::bind
