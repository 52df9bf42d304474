#include <algorithm>
#include <limits>
#include <string>

#include "bind/activation.h"
#include "bind/arguments.h"
#include "bind/array.h"
#include "bind/families.h"
#include "ops/activation/activation.h"
#include "ops/norm/doc.h"
#include "ops/norm/norm.h"

namespace fastnn::bind {
namespace {

// The trailing axes that are normalized: an int, or a tuple or list of them.
struct Normalized {
    int ndim = 0;
    Py_ssize_t shape[kMaxDims];

    Normalized(py::handle object, const char* op) {
        const Name name{op, "normalized_shape"};
        if (PyIndex_Check(object.ptr()) != 0) {
            shape[ndim++] = parse_size(object, name, 0);
            return;
        }
        if (!is_sequence(object)) {
            fail<TypeError>(op, ": normalized_shape must be an int or a tuple of them, got ",
                            Py_TYPE(object.ptr())->tp_name);
        }
        const py::tuple tuple = items_of(object, name);
        const Py_ssize_t count = PyTuple_GET_SIZE(tuple.ptr());
        if (count == 0 || count > kMaxDims) {
            fail<ValueError>(op, ": normalized_shape must have at least one dimension, got ()");
        }
        ndim = static_cast<int>(count);
        dim_t sizes[kMaxDims];
        parse_sizes(tuple, name, ndim, 0, sizes);
        std::copy(sizes, sizes + ndim, shape);
    }

    // Checks that the array ends in this shape; the number of rows before it.
    dim_t rows_of(const Array& x, Name name) const {
        bool fits = x.ndim >= ndim;
        for (int i = 0; fits && i < ndim; ++i) fits = x.shape[x.ndim - ndim + i] == shape[i];
        if (!fits) {
            std::string tail = "(*";
            for (int i = 0; i < ndim; ++i) tail += ", " + std::to_string(shape[i]);
            fail<ValueError>(name.op, ": ", name.argument, " must have shape ", tail,
                             ") for this normalized_shape, got ", shape_text(x));
        }
        dim_t rows = 1;
        for (int i = 0; i + ndim < x.ndim; ++i) rows *= x.shape[i];
        return rows;
    }
    dim_t size() const {
        dim_t n = 1;
        for (int i = 0; i < ndim; ++i) n *= shape[i];
        return n;
    }
};

// A weight or bias of the normalized shape, or null.
const void* parameter(py::handle object, Name name, const Array& x, const Normalized& shape,
                      py::object& hold) {
    if (object.is_none()) return nullptr;
    const Array a = dense_as(object, name, x.dtype, hold);
    bool fits = a.ndim == shape.ndim;
    for (int i = 0; fits && i < a.ndim; ++i) fits = a.shape[i] == shape.shape[i];
    if (!fits) {
        fail<ValueError>(name.op, ": ", name.argument, " must have the normalized shape ",
                         shape_text(shape.ndim, shape.shape), ", got ", shape_text(a));
    }
    return a.data;
}

// None is the spacing of numbers at 1, as in PyTorch.
double spacing(Dtype dtype) {
    return dtype == Dtype::f64 ? std::numeric_limits<double>::epsilon()
                               : double{std::numeric_limits<float>::epsilon()};
}

py::tuple forward(bool centered, py::handle input, py::handle normalized_shape, py::handle weight,
                  py::handle bias, py::handle eps, py::handle function, bool keep) {
    const auto& kernel = norm::kForward[centered];
    const Normalized shape(normalized_shape, kernel.name);
    const double given = eps.is_none() ? 0 : parse_at_least(0, eps, {kernel.name, "eps"});
    const FusedActivation activation = parse_activation(function, kernel.name);
    py::object hold_x, hold_w, hold_b;
    const Array x = dense_float(input, {kernel.name, "input"}, hold_x);
    const dim_t rows = shape.rows_of(x, {kernel.name, "input"});
    norm::Args args{.dtype = x.dtype,
                    .centered = centered,
                    .rows = rows,
                    .n = shape.size(),
                    .eps = eps.is_none() ? spacing(x.dtype) : given,
                    .x = x.data,
                    .w = parameter(weight, {kernel.name, "weight"}, x, shape, hold_w),
                    .b = parameter(bias, {kernel.name, "bias"}, x, shape, hold_b),
                    .y = nullptr,
                    .mean = nullptr,
                    .rstd = nullptr,
                    .activation = activation,
                    .preactivation = nullptr};
    py::object y = empty(x.dtype, x.ndim, x.shape);
    py::object mean, rstd = empty(x.dtype, x.ndim - shape.ndim, x.shape);
    args.y = data_of(y);
    args.rstd = data_of(rstd);
    if (centered) {
        mean = empty(x.dtype, x.ndim - shape.ndim, x.shape);
        args.mean = data_of(mean);
    }
    py::object saved = py::none();
    const Activation f = args.activation.kind;
    if (keep && f != Activation::none) {
        const bool output = activation::facts(f).gradient_reads_output;
        saved = output ? y : empty(x.dtype, x.ndim, x.shape);
        if (!output) args.preactivation = data_of(saved);
    }
    launch(kernel, args, {x, weight, hold_w, bias, hold_b, y, mean, rstd, saved});
    if (keep && centered) return py::make_tuple(y, mean, rstd, saved);
    if (keep) return py::make_tuple(y, rstd, saved);
    if (!centered) return py::make_tuple(std::move(y), std::move(rstd));
    return py::make_tuple(std::move(y), std::move(mean), std::move(rstd));
}

py::tuple backward(bool centered, py::handle dy, py::handle input, py::handle normalized_shape,
                   py::handle mean, py::handle rstd, py::handle weight, py::handle needs,
                   py::handle saved, py::handle function) {
    const auto& kernel = norm::kBackward[centered];
    const char* op = kernel.name;
    const Normalized shape(normalized_shape, op);
    bool wanted[3] = {};
    if (centered) {
        parse_needs(needs, op, {"input", "weight", "bias"}, wanted);
    } else {
        parse_needs(needs, op, {"input", "weight"}, wanted);
    }
    norm::BackwardArgs args{};
    args.activation = parse_activation(function, op);
    py::object hold_x, hold_dy, hold_w, hold_mean, hold_rstd, hold_saved;
    const Array x = dense_float(input, {op, "input"}, hold_x);
    const Array d = dense_as(dy, {op, "dy"}, x.dtype, hold_dy);
    check_same_shape(d, {op, "dy"}, x, "input");
    const dim_t rows = shape.rows_of(x, {op, "input"});
    const auto statistic = [&](py::handle object, const char* argument, py::object& hold) {
        const Array a = dense_as(object, {op, argument}, x.dtype, hold);
        if (a.size() != rows) {
            fail<ValueError>(op, ": ", argument, " must have one number for each of ", rows,
                             " rows, got shape ", shape_text(a));
        }
        return a.data;
    };
    args.dtype = x.dtype;
    args.centered = centered;
    args.rows = rows, args.n = shape.size();
    args.dy = d.data, args.x = x.data;
    if (centered) args.mean = statistic(mean, "mean", hold_mean);
    args.rstd = statistic(rstd, "rstd", hold_rstd);
    args.w = parameter(weight, {op, "weight"}, x, shape, hold_w);
    if (args.activation.kind != Activation::none) {
        const Array s = dense_as(saved, {op, "saved"}, x.dtype, hold_saved);
        check_same_shape(s, {op, "saved"}, x, "input");
        args.saved = s.data;
    }
    py::object grads[3] = {py::none(), py::none(), py::none()};
    void** const outputs[3] = {&args.dx, &args.dw, &args.db};
    for (int i = 0; i < 3; ++i) {
        if (!wanted[i]) continue;
        grads[i] =
            i == 0 ? empty(x.dtype, x.ndim, x.shape) : empty(x.dtype, shape.ndim, shape.shape);
        *outputs[i] = data_of(grads[i]);
    }
    launch(kernel, args,
           {x, d, mean, hold_mean, rstd, hold_rstd, weight, hold_w, saved, hold_saved, grads[0],
            grads[1], grads[2]});
    if (!centered) return py::make_tuple(std::move(grads[0]), std::move(grads[1]));
    return py::make_tuple(std::move(grads[0]), std::move(grads[1]), std::move(grads[2]));
}

py::tuple layer_norm(py::handle input, py::handle normalized_shape, py::handle weight,
                     py::handle bias, py::handle eps, py::handle activation, bool keep) {
    return forward(true, input, normalized_shape, weight, bias, eps, activation, keep);
}

Tuple<OptionalArray, OptionalArray, OptionalArray> layer_norm_backward(
    py::handle dy, py::handle input, py::handle normalized_shape, py::handle mean, py::handle rstd,
    py::handle weight, py::handle needs, py::handle saved, py::handle activation) {
    return backward(true, dy, input, normalized_shape, mean, rstd, weight, needs, saved,
                    activation);
}

py::tuple rms_norm(py::handle input, py::handle normalized_shape, py::handle weight, py::handle eps,
                   py::handle activation, bool keep) {
    return forward(false, input, normalized_shape, weight, py::none(), eps, activation, keep);
}

Tuple<OptionalArray, OptionalArray> rms_norm_backward(py::handle dy, py::handle input,
                                                      py::handle normalized_shape, py::handle rstd,
                                                      py::handle weight, py::handle needs,
                                                      py::handle saved, py::handle activation) {
    return backward(false, dy, input, normalized_shape, py::none(), rstd, weight, needs, saved,
                    activation);
}

}  // namespace

void bind_norm(py::module_& m) {
    const py::arg_v weight = py::arg("weight") = py::none();
    const py::arg_v saved = py::arg("saved") = py::none();
    const py::arg_v activation = py::arg("activation") = py::none();
    const py::arg_v keep = py::arg("keep") = false;
    m.def("layer_norm", &layer_norm, norm::doc::kLayerNorm, py::arg("input"),
          py::arg("normalized_shape"), weight, py::arg("bias") = py::none(), py::arg("eps") = 1e-5,
          activation, keep);
    m.def("layer_norm_backward", &layer_norm_backward, norm::doc::kLayerNormBackward, py::arg("dy"),
          py::arg("input"), py::arg("normalized_shape"), py::arg("mean"), py::arg("rstd"), weight,
          py::arg("needs") = py::make_tuple(true, true, true), saved, activation);
    m.def("rms_norm", &rms_norm, norm::doc::kRmsNorm, py::arg("input"), py::arg("normalized_shape"),
          weight, py::arg("eps") = py::none(), activation, keep);
    m.def("rms_norm_backward", &rms_norm_backward, norm::doc::kRmsNormBackward, py::arg("dy"),
          py::arg("input"), py::arg("normalized_shape"), py::arg("rstd"), weight,
          py::arg("needs") = py::make_tuple(true, true), saved, activation);
}

}  // namespace fastnn::bind
