#include <algorithm>

#include "bind/activation.h"
#include "bind/arguments.h"
#include "bind/array.h"
#include "bind/families.h"
#include "bind/read_only.h"
#include "ops/activation/activation.h"
#include "ops/linear/doc.h"
#include "ops/linear/linear.h"

namespace fastnn::bind {
namespace {

// An array (*, C) as a matrix of rows. Copied to dense form where its leading axes do not lie
// behind one another, or where the elements of a row must be neighbours and are not.
linear::Operand as_rows(Array& x, py::object& hold, bool unit_columns) {
    const auto size = static_cast<Py_ssize_t>(size_of(x.dtype));
    const auto strides = [&](dim_t& row) {
        Py_ssize_t expected = 0;
        bool found = false;
        for (int i = x.ndim - 2; i >= 0; --i) {
            if (x.shape[i] == 1) continue;
            if (!found) {
                row = static_cast<dim_t>(x.strides[i] / size);
                found = true;
            } else if (x.strides[i] != expected) {
                return false;
            }
            expected = x.strides[i] * x.shape[i];
        }
        return true;
    };
    const Py_ssize_t columns = x.shape[x.ndim - 1];
    const bool unit = columns <= 1 || x.strides[x.ndim - 1] == size;
    dim_t row = static_cast<dim_t>(columns);
    if (x.contiguous || (strides(row) && (unit || !unit_columns))) {
        return {x.data, row,
                x.contiguous || unit ? 1 : static_cast<dim_t>(x.strides[x.ndim - 1] / size)};
    }
    py::object copy;
    x = dense(x, copy);
    hold = copy;
    return {x.data, static_cast<dim_t>(columns), 1};
}

linear::Operand as_matrix(const Array& x) {
    const auto size = static_cast<dim_t>(size_of(x.dtype));
    return {x.data, static_cast<dim_t>(x.strides[0]) / size,
            static_cast<dim_t>(x.strides[1]) / size};
}

// Rows of an array (*, C): the product of all axes but the last.
dim_t rows_of(const Array& x) {
    dim_t n = 1;
    for (int i = 0; i + 1 < x.ndim; ++i) n *= x.shape[i];
    return n;
}

// The input (*, I) and the weight (O, I), checked against each other.
void check_operands(const Array& x, const Array& w, const char* op) {
    if (x.ndim < 1) fail<ValueError>(op, ": input must have shape (*, in_features), got ()");
    check_ndim(w, {op, "weight"}, 2, "(out_features, in_features)");
    check_dtype(w, {op, "weight"}, x.dtype);
    if (w.shape[1] != x.shape[x.ndim - 1]) {
        fail<ValueError>(op, ": input must have shape (*, ", w.shape[1],
                         ") to fit a weight of shape ", shape_text(w), ", got ", shape_text(x));
    }
}

py::object forward(py::handle x_object, py::handle w_object, py::handle bias, py::handle function,
                   bool keep) {
    linear::Args args{};
    args.epilogue.activation = parse_activation(function, "linear");
    py::object hold_x, hold_w, hold_b, hold_rows;
    Array x = strided_float(x_object, {"linear", "input"}, hold_x);
    const Array w = strided_float(w_object, {"linear", "weight"}, hold_w);
    check_operands(x, w, "linear");
    args.dtype = x.dtype;
    args.m = rows_of(x), args.in = w.shape[1], args.out = w.shape[0];
    if (!bias.is_none()) {
        const Array b = dense_as(bias, {"linear", "bias"}, x.dtype, hold_b);
        check_shape(b, {"linear", "bias"}, {w.shape[0]});
        args.epilogue.bias = b.data;
    }
    Py_ssize_t shape[kMaxDims];
    std::copy(x.shape, x.shape + x.ndim, shape);
    shape[x.ndim - 1] = w.shape[0];
    const int ndim = x.ndim;
    args.x = as_rows(x, hold_rows, false);
    args.w = as_matrix(w);
    args.cache = packed_cache_of(w);
    py::object y = empty(args.dtype, ndim, shape), saved;
    args.y = data_of(y);
    const Activation f = args.epilogue.activation.kind;
    if (!keep || f == Activation::none) {
        saved = py::none();
    } else if (activation::facts(f).gradient_reads_output) {
        saved = y;
    } else {
        saved = empty(args.dtype, ndim, shape);
        args.epilogue.preactivation = data_of(saved);
    }
    launch(linear::kLinear, args, {x, w, bias, hold_b, y, saved});
    if (!keep) return y;
    return py::make_tuple(y, saved);
}

Tuple<OptionalArray, OptionalArray, OptionalArray> backward(py::handle dy_object,
                                                            py::handle x_object,
                                                            py::handle w_object, py::handle saved,
                                                            py::handle function, py::handle needs) {
    constexpr const char* op = "linear_backward";
    bool wanted[3];
    parse_needs(needs, op, {"input", "weight", "bias"}, wanted);
    linear::BackwardArgs args{};
    args.activation = parse_activation(function, op);
    py::object hold_x, hold_w, hold_dy, hold_saved, hold_rows[2];
    Array x = strided_float(x_object, {op, "input"}, hold_x);
    const Array w = strided_float(w_object, {op, "weight"}, hold_w);
    Array dy = strided_float(dy_object, {op, "dy"}, hold_dy);
    check_operands(x, w, op);
    check_dtype(dy, {op, "dy"}, x.dtype);
    if (dy.ndim != x.ndim || !std::equal(x.shape, x.shape + x.ndim - 1, dy.shape) ||
        dy.shape[dy.ndim - 1] != w.shape[0]) {
        fail<ValueError>(op, ": dy must have the shape of the output, (*, ", w.shape[0],
                         ") for an input of shape ", shape_text(x), ", got ", shape_text(dy));
    }
    args.dtype = x.dtype;
    args.m = rows_of(x), args.in = w.shape[1], args.out = w.shape[0];
    if (args.activation.kind != Activation::none) {
        const Array s = dense_as(saved, {op, "saved"}, x.dtype, hold_saved);
        check_same_shape(s, {op, "saved"}, dy, "dy");
        args.saved = s.data;
    }
    py::object dx = py::none(), dw = py::none(), db = py::none();
    if (wanted[0]) {
        dx = empty(x.dtype, x.ndim, x.shape);
        args.dx = data_of(dx);
    }
    if (wanted[1]) {
        dw = empty(x.dtype, {w.shape[0], w.shape[1]});
        args.dw = data_of(dw);
    }
    if (wanted[2]) {
        db = empty(x.dtype, {w.shape[0]});
        args.db = data_of(db);
    }
    args.dy = as_rows(dy, hold_rows[0], true);
    args.x = as_rows(x, hold_rows[1], false);
    args.w = as_matrix(w);
    launch(linear::kLinearBackward, args, {x, w, dy, saved, hold_saved, dx, dw, db});
    return py::make_tuple(std::move(dx), std::move(dw), std::move(db));
}

}  // namespace

void bind_linear(py::module_& m) {
    m.def("linear", &forward, linear::doc::kLinear, py::arg("input"), py::arg("weight"),
          py::arg("bias") = py::none(), py::arg("activation") = py::none(),
          py::arg("keep") = false);
    m.def("linear_backward", &backward, linear::doc::kLinearBackward, py::arg("dy"),
          py::arg("input"), py::arg("weight"), py::arg("saved") = py::none(),
          py::arg("activation") = py::none(), py::arg("needs") = py::make_tuple(true, true, true));
}

}  // namespace fastnn::bind
