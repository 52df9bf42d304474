#include <algorithm>

#include "bind/arguments.h"
#include "bind/array.h"
#include "bind/families.h"
#include "bind/ids.h"
#include "ops/linear_cross_entropy/doc.h"
#include "ops/linear_cross_entropy/linear_cross_entropy.h"

namespace fastnn::bind {
namespace {

constexpr const char* kLinearCrossEntropy = "linear_cross_entropy";

// A vector of `size` numbers, or null.
const void* optional_vector(py::handle given, Name name, const Array& x, dim_t size,
                            py::object& hold) {
    if (given.is_none()) return nullptr;
    const Array v = dense_as(given, name, x.dtype, hold);
    check_shape(v, name, {static_cast<Py_ssize_t>(size)});
    return v.data;
}

Tuple<py::object, OptionalArray, OptionalArray, OptionalArray> linear_cross_entropy_call(
    py::handle input, py::handle linear_weight, py::handle target, py::handle linear_bias,
    py::handle weight, std::int64_t ignore_index, py::handle reduction, double label_smoothing,
    py::handle needs, py::handle dy) {
    const char* const op = kLinearCrossEntropy;
    constexpr Choice<loss::Reduction> kChoices[] = {{"none", loss::Reduction::none},
                                                    {"mean", loss::Reduction::mean},
                                                    {"sum", loss::Reduction::sum}};
    linear_cross_entropy::Args args{};
    args.reduction = parse_choice(reduction, {op, "reduction"}, kChoices);
    bool wanted[3];
    parse_needs(needs, op, {"input", "linear_weight", "linear_bias"}, wanted);
    if (!(label_smoothing >= 0 && label_smoothing <= 1)) {
        fail<ValueError>(op, ": label_smoothing must lie between 0 and 1, got ", label_smoothing);
    }
    py::object hold_x, hold_w, hold_b, hold_weight, hold_target, hold_dy;
    const Array x = dense_float(input, {op, "input"}, hold_x);
    check_ndim(x, {op, "input"}, 2, "(N, D)");
    const Array w = dense_as(linear_weight, {op, "linear_weight"}, x.dtype, hold_w);
    check_ndim(w, {op, "linear_weight"}, 2, "(V, D)");
    if (w.shape[0] == 0 || w.shape[1] != x.shape[1]) {
        fail<ValueError>(op, ": linear_weight must have shape (V, ", x.shape[1],
                         ") with V > 0 for input ", shape_text(x), ", got ", shape_text(w));
    }
    args.dtype = x.dtype;
    args.rows = x.shape[0];
    args.in = x.shape[1];
    args.classes = w.shape[0];
    args.x = x.data;
    args.w = w.data;
    args.b = optional_vector(linear_bias, {op, "linear_bias"}, x, args.classes, hold_b);
    args.weight = optional_vector(weight, {op, "weight"}, x, args.classes, hold_weight);
    args.dy = optional_vector(dy, {op, "dy"}, x, args.rows, hold_dy);
    const Ids ids = copy_ids(target, {op, "target"}, hold_target);
    if (ids.ndim != 1 || ids.count != args.rows) {
        fail<ValueError>(op, ": target must have shape (", args.rows, ",) for input ",
                         shape_text(x), ", got ", shape_text(ids.ndim, ids.shape));
    }
    verify(
        [=, classes = args.classes] {
            const dim_t at = first_where(ids.data, ids.count, [=](std::int64_t id) {
                return ((id < 0) | (id >= classes)) & (id != ignore_index);
            });
            if (at == ids.count) return;
            fail<IndexError>(op, ": ", position_text("target", at, ids), " is ", ids.data[at],
                             ", but linear_weight has ", classes, " classes");
        },
        hold_target);
    args.target = ids.data;
    args.ignore_index = ignore_index;
    args.label_smoothing = label_smoothing;
    py::object dx = wanted[0] ? empty(x.dtype, 2, x.shape) : py::none(),
               dw = wanted[1] ? empty(x.dtype, 2, w.shape) : py::none(),
               db = wanted[2] ? empty(x.dtype, {w.shape[0]}) : py::none(),
               out = args.reduction == loss::Reduction::none ? empty(x.dtype, {x.shape[0]})
                                                             : empty(x.dtype, {});
    const auto pointer = [](const py::object& o) -> void* {
        return o.is_none() ? nullptr : data_of(o);
    };
    args.loss = pointer(out);
    args.dx = pointer(dx);
    args.dw = pointer(dw);
    args.db = pointer(db);
    launch(linear_cross_entropy::kForward, args,
           {x, w, hold_target, linear_bias, hold_b, weight, hold_weight, dy, hold_dy, out, dx, dw,
            db});
    return py::make_tuple(std::move(out), std::move(dx), std::move(dw), std::move(db));
}

}  // namespace

void bind_linear_cross_entropy(py::module_& m) {
    m.def(kLinearCrossEntropy, &linear_cross_entropy_call,
          linear_cross_entropy::doc::kLinearCrossEntropy, py::arg("input"),
          py::arg("linear_weight"), py::arg("target"), py::arg("linear_bias") = py::none(),
          py::arg("weight") = py::none(), py::arg("ignore_index") = -100,
          py::arg("reduction") = "mean", py::arg("label_smoothing") = 0.0,
          py::arg("needs") = py::make_tuple(false, false, false), py::arg("dy") = py::none());
}

}  // namespace fastnn::bind
