#include <atomic>
#include <string>

#include "bind/activation.h"
#include "bind/arguments.h"
#include "bind/array.h"
#include "bind/families.h"
#include "bind/image.h"
#include "bind/read_only.h"
#include "ops/activation/activation.h"
#include "ops/conv/bind_call.h"
#include "ops/conv/doc.h"
#include "ops/conv/select.h"

namespace fastnn::bind {
namespace {

using conv::Algorithm;

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
    ConvProblem p(ops, transposed, weight, options);
    conv::Args args{};
    args.epilogue.activation = parse_activation(function, p.op);
    p.read(input, weight);
    args.dtype = p.x.dtype;
    args.algorithm = chosen.load(std::memory_order_relaxed);
    args.transposed = transposed;
    args.shape = p.shape;
    py::object hold_b, hold_r, hold_w, hold_x, hold_image;
    if (!bias.is_none()) {
        const Array b = dense_as(bias, {p.op, "bias"}, p.x.dtype, hold_b);
        check_shape(b, {p.op, "bias"}, {p.out_channels()});
        args.epilogue.bias = b.data;
    }
    Array r{};
    if (!residual.is_none()) r = p.checked(residual, "residual", p.out, "the output", hold_r);
    py::object y = empty_channels_last(p.x.dtype, p.x.ndim, p.out, p.axes);
    py::object saved = py::none();  // what the gradient of the activation is computed from
    if (keep && args.epilogue.activation.kind != Activation::none) {
        const bool output = activation::facts(args.epilogue.activation.kind).gradient_reads_output;
        saved = output ? y : empty_channels_last(p.x.dtype, p.x.ndim, p.out, p.axes);
        if (!output) args.epilogue.preactivation = data_of(saved);
    }
    const auto result = [&]() -> py::object {
        if (!keep) return y;
        return py::make_tuple(y, saved);
    };
    if (p.empty_batch()) return result();
    args.to = data_of(y);
    const Array x = p.image(p.x, hold_x);
    const Array w = dense(p.w, hold_w);
    args.from = x.data, args.w = w.data;
    if (!residual.is_none()) r = p.image(r, hold_image);
    args.epilogue.residual = r.data, args.epilogue.residual_row = p.out_channels();
    args.cache = packed_cache_of(p.w);
    launch(conv::kConv[transposed], args, {x, w, bias, hold_b, r, y, saved});
    return result();
}

// Which gradients are asked for: input, weight, bias, and residual where there are four.
struct Needs {
    bool input, weight, bias, residual;
    int count;

    Needs(py::handle needs, const char* op) {
        count =
            PyTuple_Check(needs.ptr()) != 0 ? static_cast<int>(PyTuple_GET_SIZE(needs.ptr())) : 0;
        if (count != 3 && count != 4) {
            fail<TypeError>(op, ": needs must be a tuple of three or four booleans, for input, ",
                            "weight, bias and residual");
        }
        const auto at = [&](int i) {
            return i < count && parse_truth(PyTuple_GET_ITEM(needs.ptr(), i));
        };
        input = at(0), weight = at(1), bias = at(2), residual = at(3);
    }
    bool any() const { return input || weight || bias; }
};

// overwrite: dy is of no use to anybody else, and may become dz.
py::tuple backward(const ConvOp& ops, bool transposed, py::handle dy_object, py::handle input,
                   py::handle weight, py::handle saved_object, const ConvOptions& options,
                   py::handle needs_object, py::handle function, bool overwrite) {
    ConvProblem p(ops, transposed, weight, options);
    const Needs needs(needs_object, p.op);
    conv::BackwardArgs args{};
    args.activation = parse_activation(function, p.op);
    p.read(input, weight);
    py::object hold_dy, hold_saved, hold_dy_image, hold_saved_image, hold_x, hold_w;
    Array dy = p.checked(dy_object, "dy", p.out, "the output", hold_dy);
    const bool activated = args.activation.kind != Activation::none;
    Array saved{}, x{}, w{};
    if (activated) saved = p.checked(saved_object, "saved", p.out, "the output", hold_saved);
    args.dtype = p.x.dtype;
    args.algorithm = chosen.load(std::memory_order_relaxed);
    args.transposed = transposed;
    args.shape = p.shape;
    py::object dx = py::none(), dw = py::none(), db = py::none(), dz = py::none();
    if (needs.residual) dz = py::reinterpret_borrow<py::object>(dy_object);
    if (needs.any() || (needs.residual && activated)) {
        dy = p.image(dy, hold_dy_image);
        args.dy = dy.data;
        if (activated) {
            saved = p.image(saved, hold_saved_image);
            args.saved = saved.data;
            // A copy of dy may be overwritten, too.
            const bool ours = dy.object != dy_object.ptr() || (overwrite && dy.writable);
            if (ours && !may_overlap(dy, saved)) {
                args.dz = dy.data;
                if (needs.residual) dz = py::reinterpret_borrow<py::object>(dy.object);
            } else if (needs.residual) {
                dz = empty_channels_last(p.x.dtype, p.x.ndim, p.out, p.axes);
                args.dz = data_of(dz);
            }
        }
        if (needs.input) {
            dx = empty_channels_last(p.x.dtype, p.x.ndim, p.x.shape, p.axes);
            args.dx = data_of(dx);
            w = dense(p.w, hold_w);
            args.w = w.data;
        }
        if (needs.weight) {
            dw = empty(p.x.dtype, p.w.ndim, p.w.shape);
            args.dw = data_of(dw);
            x = p.image(p.x, hold_x);
            args.x = x.data;
        }
        if (needs.bias) {
            db = empty(p.x.dtype, {p.out_channels()});
            args.db = data_of(db);
        }
        launch(conv::kBackward[transposed], args, {dy, saved, x, w, dz, dx, dw, db});
    }
    if (needs.count == 3) return py::make_tuple(dx, dw, db);
    return py::make_tuple(dx, dw, db, dz);
}

// Those that calls of these shapes would take: forward, and for the gradients of input and weight.
using AlgorithmName = py::typing::Optional<py::str>;
using Algorithms = Tuple<AlgorithmName, AlgorithmName, AlgorithmName>;

Algorithms algorithms(const ConvOp& ops, bool transposed, py::handle input, py::handle weight,
                      const ConvOptions& options) {
    ConvProblem p(ops, transposed, weight, options);
    p.read(input, weight);
    if (p.empty_batch()) return py::make_tuple(py::none(), py::none(), py::none());
    const Algorithm algorithm = chosen.load(std::memory_order_relaxed);
    conv::Args args{};
    args.dtype = p.x.dtype;
    args.algorithm = algorithm;
    args.shape = p.shape;
    args.transposed = transposed;
    const char* const y = conv::select(args).name;
    args.transposed = !transposed;
    const char* const dx = conv::select(args).name;
    conv::WeightArgs weight_args{};
    weight_args.dtype = p.x.dtype;
    weight_args.algorithm = algorithm;
    weight_args.shape = p.shape;
    return py::make_tuple(y, dx, conv::select(weight_args).name);
}

py::object conv_forward(py::handle input, py::handle weight, py::handle bias, py::handle stride,
                        py::handle padding, py::handle dilation, py::handle groups,
                        py::handle activation, py::handle residual, bool keep) {
    return forward(kForwardOp, false, input, weight, bias, {stride, padding, {}, dilation, groups},
                   activation, residual, keep);
}

Tuple<OptionalArray, py::ellipsis> conv_backward(py::handle dy, py::handle input, py::handle weight,
                                                 py::handle saved, py::handle stride,
                                                 py::handle padding, py::handle dilation,
                                                 py::handle groups, py::handle needs,
                                                 py::handle activation, bool overwrite) {
    return backward(kBackwardOp, false, dy, input, weight, saved,
                    {stride, padding, {}, dilation, groups}, needs, activation, overwrite);
}

py::object conv_transpose(py::handle input, py::handle weight, py::handle bias, py::handle stride,
                          py::handle padding, py::handle output_padding, py::handle groups,
                          py::handle dilation, py::handle activation, py::handle residual,
                          bool keep) {
    return forward(kTransposeOp, true, input, weight, bias,
                   {stride, padding, output_padding, dilation, groups}, activation, residual, keep);
}

Tuple<OptionalArray, py::ellipsis> conv_transpose_backward(
    py::handle dy, py::handle input, py::handle weight, py::handle saved, py::handle stride,
    py::handle padding, py::handle output_padding, py::handle groups, py::handle dilation,
    py::handle needs, py::handle activation, bool overwrite) {
    return backward(kTransposeBackwardOp, true, dy, input, weight, saved,
                    {stride, padding, output_padding, dilation, groups}, needs, activation,
                    overwrite);
}

Algorithms conv_algorithms(py::handle input, py::handle weight, py::handle stride,
                           py::handle padding, py::handle dilation, py::handle groups) {
    return algorithms(kForwardOp, false, input, weight, {stride, padding, {}, dilation, groups});
}

Algorithms conv_transpose_algorithms(py::handle input, py::handle weight, py::handle stride,
                                     py::handle padding, py::handle output_padding,
                                     py::handle groups, py::handle dilation) {
    return algorithms(kTransposeOp, true, input, weight,
                      {stride, padding, output_padding, dilation, groups});
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
    const auto overwrite = [] { return py::arg("overwrite") = false; };
    m.def("conv", &conv_forward, conv::doc::kConv, py::arg("input"), py::arg("weight"),
          none("bias"), stride(), padding(), dilation(), groups(), none("activation"),
          none("residual"), py::arg("keep") = false);
    m.def("conv_backward", &conv_backward, conv::doc::kConvBackward, py::arg("dy"),
          py::arg("input"), py::arg("weight"), none("saved"), stride(), padding(), dilation(),
          groups(), needs(), none("activation"), overwrite());
    m.def("conv_transpose", &conv_transpose, conv::doc::kConvTranspose, py::arg("input"),
          py::arg("weight"), none("bias"), stride(), padding(), output_padding(), groups(),
          dilation(), none("activation"), none("residual"), py::arg("keep") = false);
    m.def("conv_transpose_backward", &conv_transpose_backward, conv::doc::kConvTransposeBackward,
          py::arg("dy"), py::arg("input"), py::arg("weight"), none("saved"), stride(), padding(),
          output_padding(), groups(), dilation(), needs(), none("activation"), overwrite());
    py::module_ config = m.def_submodule("config");
    config.def("conv_algorithms", &conv_algorithms, py::arg("input"), py::arg("weight"), stride(),
               padding(), dilation(), groups());
    config.def("conv_transpose_algorithms", &conv_transpose_algorithms, py::arg("input"),
               py::arg("weight"), stride(), padding(), output_padding(), groups(), dilation());
    config.def("conv_algorithm", &conv_algorithm);
    config.def("set_conv_algorithm", &set_conv_algorithm, py::arg("name"));
}

}  // namespace fastnn::bind
