#include <algorithm>
#include <utility>

#include "bind/arguments.h"
#include "bind/array.h"
#include "bind/families.h"
#include "bind/ids.h"
#include "ops/loss/cross_entropy.h"
#include "ops/loss/doc.h"
#include "ops/loss/loss.h"
#include "ops/loss/margin.h"
#include "ops/loss/nll.h"

namespace fastnn::bind {
namespace {

using loss::Reduction;

constexpr Choice<Reduction> kReductions[] = {
    {"none", Reduction::none}, {"mean", Reduction::mean}, {"sum", Reduction::sum}};

Reduction parse_reduction(const char* op, py::handle text) {
    return parse_choice(text, {op, "reduction"}, kReductions);
}

// dy of a loss: one number where it was reduced, an array of its shape where not.
Array dense_dy(py::handle dy, Name name, Dtype dtype, Reduction reduction, int ndim,
               const Py_ssize_t* shape, py::object& hold) {
    const Array d = dense_as(dy, name, dtype, hold);
    if (reduction != Reduction::none) {
        if (d.size() != 1)
            fail<ValueError>(name.op, ": ", name.argument, " must be one number, got shape ",
                             shape_text(d));
    } else if (d.ndim != ndim || !std::equal(shape, shape + ndim, d.shape)) {
        fail<ValueError>(name.op, ": ", name.argument, " must have shape ", shape_text(ndim, shape),
                         ", got ", shape_text(d));
    }
    return d;
}

// -- losses of single elements -----------------------------------------------------------------

const void* optional_like(py::handle weight, Name name, const Array& x, py::object& hold) {
    return weight.is_none() ? nullptr : block_like(weight, name, x, hold).data;
}

// BCE takes logarithms of its input, which must be in [0, 1], as its target. NaN is allowed, and
// propagates.
template <class T>
void check_probabilities(Name name, const Array& x) {
    const T* p = x.as<T>();
    const dim_t n = x.size();
    bool bad = false;
    for (dim_t i = 0; i < n; ++i) bad |= (p[i] < T(0)) | (p[i] > T(1));
    if (!bad) return;
    const T* first = std::find_if(p, p + n, [](T v) { return v < T(0) || v > T(1); });
    fail<ValueError>(name.op, ": every element of ", name.argument,
                     " must lie between 0 and 1, got ", *first);
}

// Shared by a loss and its backward.
struct Inputs {
    py::object hold[4];  // before what points into it
    Array x, target;
    const void *weight, *third;

    Inputs(loss::Op f, const char* op, py::handle input, py::handle t, py::handle w, py::handle v)
        : x(block_float(input, {op, "input"}, hold[0])),
          target(block_like(t, {op, "target"}, x, hold[1])),
          weight(optional_like(w, {op, "weight"}, x, hold[2])),
          third(loss::facts(f).operand == nullptr
                    ? optional_like(v, {op, "pos_weight"}, x, hold[3])
                    : block_like(v, {op, loss::facts(f).operand}, x, hold[3]).data) {}
};

// Every option of a loss of single elements.
struct LossOptions {
    Reduction reduction;
    loss::Params params;
};

LossOptions options_of(loss::Op op, py::handle reduction, const loss::Params& params) {
    const loss::Facts& facts = loss::facts(op);
    const double values[] = {params.p, params.q, params.r};
    for (int i = 0; i < 3; ++i) {
        const auto& parameter = facts.parameters[i];
        if (parameter.name != nullptr && parameter.positive && !(values[i] > 0)) {
            fail<ValueError>(facts.name, ": ", parameter.name, " must be greater than 0, got ",
                             values[i]);
        }
    }
    return {parse_reduction(facts.name, reduction), params};
}

py::object elementwise(loss::Op op, py::handle input, py::handle target, const LossOptions& o,
                       py::handle weight = py::none(), py::handle third = py::none()) {
    const auto& kernel = loss::forward_kernel(op);
    const Inputs in(op, kernel.name, input, target, weight, third);
    if (op == loss::Op::bce) {
        visit_float(in.x.dtype, [&]<class T>() {
            check_probabilities<T>({kernel.name, "input"}, in.x);
            check_probabilities<T>({kernel.name, "target"}, in.target);
        });
    }
    py::object out = o.reduction == Reduction::none ? empty_like(in.x) : empty(in.x.dtype, {});
    launch(kernel,
           loss::Args{op, in.x.dtype, o.reduction, in.x.size(), in.x.data, in.target.data,
                      in.weight, in.third, o.params, data_of(out)},
           {in.x, in.target, weight, in.hold[2], third, in.hold[3], out});
    return out;
}

py::object elementwise_backward(loss::Op op, py::handle dy, py::handle input, py::handle target,
                                const LossOptions& o, loss::Operand of,
                                py::handle weight = py::none(), py::handle third = py::none()) {
    const auto& kernel = loss::backward_kernel(op);
    const Inputs in(op, kernel.name, input, target, weight, third);
    py::object hold;
    const Array d = o.reduction == Reduction::none ? block_like(dy, {kernel.name, "dy"}, in.x, hold)
                                                   : dense_dy(dy, {kernel.name, "dy"}, in.x.dtype,
                                                              o.reduction, 0, nullptr, hold);
    py::object dx = empty_like(in.x);
    launch(kernel,
           loss::BackwardArgs{op, in.x.dtype, o.reduction, of, in.x.size(), d.data, in.x.data,
                              in.target.data, in.weight, in.third, o.params, data_of(dx)},
           {d, in.x, in.target, weight, in.hold[2], third, in.hold[3], dx});
    return dx;
}

loss::Operand operand(bool to_target) {
    return to_target ? loss::Operand::target : loss::Operand::input;
}

// f(input, target, reduction, parameters...) and f_backward(dy, ..., to_target), with the names and
// defaults in the facts of the functor; i are the parameters.
template <std::size_t... i>
void def_pair(py::module_& m, loss::Op op, std::index_sequence<i...>) {
    const loss::Facts& facts = loss::facts(op);
    const auto mean = py::arg("reduction") = "mean";
    m.def(
        facts.name,
        [op](py::handle x, py::handle t, py::handle reduction,
             decltype(static_cast<void>(i), 0.0)... params) {
            return elementwise(op, x, t, options_of(op, reduction, {params...}));
        },
        loss::doc::forward(facts).c_str(), py::arg("input"), py::arg("target"), mean,
        (py::arg(facts.parameters[i].name) = facts.parameters[i].usual)...);
    m.def(
        loss::backward_kernel(op).name,
        [op](py::handle dy, py::handle x, py::handle t, py::handle reduction,
             decltype(static_cast<void>(i), 0.0)... params, bool to_target) {
            return elementwise_backward(op, dy, x, t, options_of(op, reduction, {params...}),
                                        operand(to_target));
        },
        loss::doc::backward(facts).c_str(), py::arg("dy"), py::arg("input"), py::arg("target"),
        mean, (py::arg(facts.parameters[i].name) = facts.parameters[i].usual)...,
        py::arg("to_target") = false);
}

// The same with a third operand, for which there are gradients too.
template <std::size_t... i>
void def_triple(py::module_& m, loss::Op op, std::index_sequence<i...>) {
    const loss::Facts& facts = loss::facts(op);
    const auto mean = py::arg("reduction") = "mean";
    m.def(
        facts.name,
        [op](py::handle x, py::handle t, py::handle v, py::handle reduction,
             decltype(static_cast<void>(i), 0.0)... params) {
            return elementwise(op, x, t, options_of(op, reduction, {params...}), py::none(), v);
        },
        loss::doc::forward(facts).c_str(), py::arg("input"), py::arg("target"),
        py::arg(facts.operand), mean,
        (py::arg(facts.parameters[i].name) = facts.parameters[i].usual)...);
    m.def(
        loss::backward_kernel(op).name,
        [op](py::handle dy, py::handle x, py::handle t, py::handle v, py::handle reduction,
             decltype(static_cast<void>(i), 0.0)... params,
             py::handle needs) -> Tuple<OptionalArray, OptionalArray, OptionalArray> {
            bool wanted[3];
            parse_needs(needs, loss::backward_kernel(op).name,
                        {"input", "target", loss::facts(op).operand}, wanted);
            const LossOptions o = options_of(op, reduction, {params...});
            py::tuple found(3);
            for (int k = 0; k < 3; ++k) {
                found[k] = wanted[k]
                               ? elementwise_backward(op, dy, x, t, o,
                                                      static_cast<loss::Operand>(k), py::none(), v)
                               : py::none();
            }
            return found;
        },
        loss::doc::backward_of_three(facts).c_str(), py::arg("dy"), py::arg("input"),
        py::arg("target"), py::arg(facts.operand), mean,
        (py::arg(facts.parameters[i].name) = facts.parameters[i].usual)...,
        py::arg("needs") = py::make_tuple(true, true, true));
}

template <std::size_t count>
void def_elementwise(py::module_& m, loss::Op op) {
    const auto parameters = std::make_index_sequence<count>();
    loss::facts(op).operand == nullptr ? def_pair(m, op, parameters)
                                       : def_triple(m, op, parameters);
}

void def_binary(py::module_& m) {
    using loss::Op;
    const auto mean = py::arg("reduction") = "mean";
    const auto weight = py::arg("weight") = py::none();
    const auto pos_weight = py::arg("pos_weight") = py::none();
    const auto to_target = py::arg("to_target") = false;
    m.def(
        "binary_cross_entropy",
        [](py::handle x, py::handle t, py::handle w, py::handle reduction) {
            return elementwise(Op::bce, x, t, options_of(Op::bce, reduction, {}), w);
        },
        loss::doc::forward(loss::facts(Op::bce), loss::doc::kWeight).c_str(), py::arg("input"),
        py::arg("target"), weight, mean);
    m.def(
        "binary_cross_entropy_backward",
        [](py::handle dy, py::handle x, py::handle t, py::handle w, py::handle reduction,
           bool to_target) {
            return elementwise_backward(Op::bce, dy, x, t, options_of(Op::bce, reduction, {}),
                                        operand(to_target), w);
        },
        loss::doc::backward(loss::facts(Op::bce), loss::doc::kWeight).c_str(), py::arg("dy"),
        py::arg("input"), py::arg("target"), weight, mean, to_target);
    m.def(
        "binary_cross_entropy_with_logits",
        [](py::handle x, py::handle t, py::handle w, py::handle reduction, py::handle v) {
            return elementwise(Op::bce_with_logits, x, t,
                               options_of(Op::bce_with_logits, reduction, {}), w, v);
        },
        loss::doc::forward(loss::facts(Op::bce_with_logits), loss::doc::kWeights).c_str(),
        py::arg("input"), py::arg("target"), weight, mean, pos_weight);
    m.def(
        "binary_cross_entropy_with_logits_backward",
        [](py::handle dy, py::handle x, py::handle t, py::handle w, py::handle reduction,
           py::handle v, bool to_target) {
            return elementwise_backward(Op::bce_with_logits, dy, x, t,
                                        options_of(Op::bce_with_logits, reduction, {}),
                                        operand(to_target), w, v);
        },
        loss::doc::backward(loss::facts(Op::bce_with_logits), loss::doc::kWeights).c_str(),
        py::arg("dy"), py::arg("input"), py::arg("target"), weight, mean, pos_weight, to_target);
}

// -- losses over classes -----------------------------------------------------------------------

// Class scores (C), (N, C) or (N, C, d1, ...) as (outer, C, inner) in memory, in C order or with
// classes innermost.
struct Scores {
    py::object block, hold;  // before what points into them
    Array x;
    dim_t outer = 1, classes = 1, inner = 1;
    int class_axis;
    int rows_ndim = 0;
    Py_ssize_t rows_shape[kMaxDims];  // x without its class axis: (), (N) or (N, d1, ...)

    Scores(Name name, py::handle input)
        : x(block_float(input, name, block)), class_axis(x.ndim > 1 ? 1 : 0) {
        if (x.ndim == 0)
            fail<ValueError>(name.op, ": ", name.argument,
                             " must have shape (C,), (N, C) or (N, C, ...), got ()");
        classes = x.shape[class_axis];
        if (classes == 0)
            fail<ValueError>(name.op, ": ", name.argument, " has no classes, shape ",
                             shape_text(x));
        if (!x.contiguous && !classes_innermost()) x = dense(x, hold);
        for (int i = 0; i < x.ndim; ++i) {
            if (i == class_axis) continue;
            rows_shape[rows_ndim++] = x.shape[i];
            (i < class_axis || !x.contiguous ? outer : inner) *= x.shape[i];
        }
    }
    dim_t rows() const { return outer * inner; }

 private:
    bool classes_innermost() const {
        auto expected = static_cast<Py_ssize_t>(size_of(x.dtype));
        if (classes > 1 && x.strides[class_axis] != expected) return false;
        expected *= classes;
        for (int i = x.ndim - 1; i >= 0; --i) {
            if (i == class_axis) continue;
            if (x.shape[i] == 0) return false;
            if (x.shape[i] > 1 && x.strides[i] != expected) return false;
            expected *= x.shape[i];
        }
        return true;
    }
};

// Class ids of shape (N, d1, ...), every one in range.
Ids class_ids(py::handle target, const char* op, const Scores& s, std::int64_t ignore_index,
              py::object& hold) {
    const Ids ids = copy_ids(target, {op, "target"}, hold);
    if (ids.ndim != s.rows_ndim || !std::equal(ids.shape, ids.shape + ids.ndim, s.rows_shape)) {
        fail<ValueError>(op, ": target must have shape ", shape_text(s.rows_ndim, s.rows_shape),
                         " for input ", shape_text(s.x), ", got ", shape_text(ids.ndim, ids.shape));
    }
    verify(
        [=, classes = s.classes] {
            const dim_t at = first_where(ids.data, ids.count, [=](std::int64_t id) {
                return ((id < 0) | (id >= classes)) & (id != ignore_index);
            });
            if (at == ids.count) return;
            fail<IndexError>(op, ": ", position_text("target", at, ids), " is ", ids.data[at],
                             ", but input has ", classes, " classes");
        },
        hold);
    return ids;
}

const void* class_weight(py::handle weight, const char* op, const Scores& s, py::object& hold) {
    if (weight.is_none()) return nullptr;
    const Array w = dense_as(weight, {op, "weight"}, s.x.dtype, hold);
    check_shape(w, {op, "weight"}, {static_cast<Py_ssize_t>(s.classes)});
    return w.data;
}

py::object class_loss(const Scores& s, Reduction reduction) {
    return reduction == Reduction::none ? empty(s.x.dtype, s.rows_ndim, s.rows_shape)
                                        : empty(s.x.dtype, {});
}

bool is_floating(py::handle target) {
    return is_array(target) &&
           py::detail::array_descriptor_proxy(py::detail::array_proxy(target.ptr())->descr)->kind ==
               'f';
}

Tuple<py::object, OptionalArray> cross_entropy(py::handle input, py::handle target,
                                               py::handle weight, std::int64_t ignore_index,
                                               py::handle reduction, double label_smoothing,
                                               bool with_gradient) {
    const char* op = cross_entropy::kForward.name;
    const Reduction r = parse_reduction(op, reduction);
    if (!(label_smoothing >= 0 && label_smoothing <= 1)) {
        fail<ValueError>(op, ": label_smoothing must lie between 0 and 1, got ", label_smoothing);
    }
    const Scores s({op, "input"}, input);
    py::object hold_target, hold_weight;
    cross_entropy::Args args{};
    args.dtype = s.x.dtype;
    args.reduction = r;
    args.outer = s.outer;
    args.classes = s.classes;
    args.inner = s.inner;
    args.x = s.x.data;
    if (is_floating(target)) {
        args.probabilities =
            block_like(target, {op, "target (probabilities)"}, s.x, hold_target).data;
    } else {
        args.target = class_ids(target, op, s, ignore_index, hold_target).data;
    }
    args.weight = class_weight(weight, op, s, hold_weight);
    args.ignore_index = ignore_index;
    args.label_smoothing = label_smoothing;
    py::object out = class_loss(s, r);
    py::object dx = with_gradient ? empty_like(s.x) : py::none();
    args.loss = data_of(out);
    args.dx = with_gradient ? data_of(dx) : nullptr;
    launch(cross_entropy::kForward, args, {s.x, target, hold_target, weight, hold_weight, out, dx});
    return py::make_tuple(std::move(out), std::move(dx));
}

template <class T>
bool is_one(const Array& a) {
    return *a.as<const T>() == T(1);
}

py::object cross_entropy_backward(py::handle dy, py::handle saved, py::handle reduction) {
    const auto& kernel = cross_entropy::kBackward;
    const Reduction r = parse_reduction(kernel.name, reduction);
    const Scores s({kernel.name, "gradient"}, saved);
    py::object hold;
    const Array d =
        dense_dy(dy, {kernel.name, "dy"}, s.x.dtype, r, s.rows_ndim, s.rows_shape, hold);
    // backward() usually starts at a loss, with dy = 1: then the saved gradient is the result.
    const bool one =
        r != Reduction::none && visit_float(d.dtype, [&]<class T>() { return is_one<T>(d); });
    if (one) return py::reinterpret_borrow<py::object>(s.x.object);
    py::object dx = empty_like(s.x);
    launch(kernel,
           cross_entropy::BackwardArgs{s.x.dtype, r, s.outer, s.classes, s.inner, d.data, s.x.data,
                                       data_of(dx)},
           {d, s.x, dx});
    return dx;
}

py::object nll_loss(py::handle input, py::handle target, py::handle weight,
                    std::int64_t ignore_index, py::handle reduction) {
    const auto& kernel = nll::kForward;
    const Reduction r = parse_reduction(kernel.name, reduction);
    const Scores s({kernel.name, "input"}, input);
    py::object hold_target, hold_weight;
    const Ids ids = class_ids(target, kernel.name, s, ignore_index, hold_target);
    const void* w = class_weight(weight, kernel.name, s, hold_weight);
    py::object out = class_loss(s, r);
    launch(kernel,
           nll::Args{s.x.dtype,
                     r,
                     {s.rows(), s.classes, ids.data, w, ignore_index},
                     s.inner,
                     s.x.data,
                     data_of(out)},
           {s.x, ids, weight, hold_weight, out});
    return out;
}

py::object nll_loss_backward(py::handle dy, py::handle input, py::handle target, py::handle weight,
                             std::int64_t ignore_index, py::handle reduction) {
    const auto& kernel = nll::kBackward;
    const Reduction r = parse_reduction(kernel.name, reduction);
    const Scores s({kernel.name, "input"}, input);
    py::object hold_target, hold_weight, hold;
    const Ids ids = class_ids(target, kernel.name, s, ignore_index, hold_target);
    const void* w = class_weight(weight, kernel.name, s, hold_weight);
    const Array d =
        dense_dy(dy, {kernel.name, "dy"}, s.x.dtype, r, s.rows_ndim, s.rows_shape, hold);
    py::object dx = empty_like(s.x);
    launch(kernel,
           nll::BackwardArgs{s.x.dtype,
                             r,
                             {s.rows(), s.classes, ids.data, w, ignore_index},
                             s.inner,
                             d.data,
                             data_of(dx)},
           {d, ids, weight, hold_weight, dx});
    return dx;
}

// -- losses over classes with a margin ----------------------------------------------------------

// Shared by a loss and its backward.
struct MarginInputs {
    py::object hold_x, hold_target, hold_weight;  // before what points into them
    Array x;
    margin::Rows rows{};
    int rows_ndim;
    Py_ssize_t rows_shape[1];

    MarginInputs(const char* op, py::handle input, py::handle target, bool multilabel,
                 py::handle reduction)
        : x(dense_float(input, {op, "input"}, hold_x)) {
        rows.reduction = parse_reduction(op, reduction);
        if (x.ndim < 1 || x.ndim > 2 || x.shape[x.ndim - 1] == 0) {
            fail<ValueError>(op, ": input must have shape (N, C) or (C,) with C > 0, got ",
                             shape_text(x));
        }
        rows.dtype = x.dtype;
        rows.count = x.ndim == 2 ? x.shape[0] : 1;
        rows.classes = x.shape[x.ndim - 1];
        rows.x = x.data;
        rows.multilabel = multilabel;
        rows.margin = 1;
        rows_ndim = x.ndim - 1;
        rows_shape[0] = x.shape[0];
        const Ids ids = copy_ids(target, {op, "target"}, hold_target);
        const int ndim = multilabel ? x.ndim : rows_ndim;
        if (ids.ndim != ndim || !std::equal(ids.shape, ids.shape + ndim, x.shape)) {
            fail<ValueError>(op, ": target must have shape ", shape_text(ndim, x.shape),
                             " for input ", shape_text(x), ", got ",
                             shape_text(ids.ndim, ids.shape));
        }
        rows.target = ids.data;
        verify([=, classes = rows.classes] { check(op, ids, classes, multilabel); }, hold_target);
    }
    py::object loss() const {
        return rows.reduction == Reduction::none ? empty(x.dtype, rows_ndim, rows_shape)
                                                 : empty(x.dtype, {});
    }

 private:
    // A list of classes ends at its first -1.
    static void check(const char* op, const Ids& ids, dim_t classes, bool multilabel) {
        for (dim_t i = 0; i < ids.count; ++i) {
            if (multilabel && ids.data[i] == -1) {
                i += classes - 1 - i % classes;
            } else if (ids.data[i] < 0 || ids.data[i] >= classes) {
                fail<IndexError>(op, ": ", position_text("target", i, ids), " is ", ids.data[i],
                                 ", but input has ", classes, " classes");
            }
        }
    }
};

py::object margin_loss(const MarginInputs& in, py::handle weight) {
    py::object out = in.loss();
    launch(margin::kForward[in.rows.multilabel], margin::Args{in.rows, data_of(out)},
           {in.x, in.hold_target, weight, in.hold_weight, out});
    return out;
}

py::object margin_loss_backward(const MarginInputs& in, py::handle dy, py::handle weight) {
    const auto& kernel = margin::kBackward[in.rows.multilabel];
    py::object hold;
    const Array d = dense_dy(dy, {kernel.name, "dy"}, in.x.dtype, in.rows.reduction, in.rows_ndim,
                             in.rows_shape, hold);
    py::object dx = empty(in.x.dtype, in.x.ndim, in.x.shape);
    launch(kernel, margin::BackwardArgs{in.rows, d.data, data_of(dx)},
           {d, in.x, in.hold_target, weight, in.hold_weight, dx});
    return dx;
}

// The options of multi_margin_loss.
void set_margin(MarginInputs& in, const char* op, dim_t p, double margin, py::handle weight) {
    if (p != 1 && p != 2) fail<ValueError>(op, ": p must be 1 or 2, got ", p);
    in.rows.squared = p == 2;
    in.rows.margin = margin;
    if (weight.is_none()) return;
    const Array w = dense_as(weight, {op, "weight"}, in.x.dtype, in.hold_weight);
    check_shape(w, {op, "weight"}, {static_cast<Py_ssize_t>(in.rows.classes)});
    in.rows.weight = w.data;
}

void def_margin(py::module_& m) {
    const auto mean = py::arg("reduction") = "mean";
    m.def(
        "multi_margin_loss",
        [](py::handle x, py::handle t, dim_t p, double margin, py::handle w, py::handle reduction) {
            MarginInputs in(margin::kForward[0].name, x, t, false, reduction);
            set_margin(in, margin::kForward[0].name, p, margin, w);
            return margin_loss(in, w);
        },
        loss::doc::kMultiMargin, py::arg("input"), py::arg("target"), py::arg("p") = 1,
        py::arg("margin") = 1.0, py::arg("weight") = py::none(), mean);
    m.def(
        "multi_margin_loss_backward",
        [](py::handle dy, py::handle x, py::handle t, dim_t p, double margin, py::handle w,
           py::handle reduction) {
            MarginInputs in(margin::kBackward[0].name, x, t, false, reduction);
            set_margin(in, margin::kBackward[0].name, p, margin, w);
            return margin_loss_backward(in, dy, w);
        },
        loss::doc::kMultiMarginBackward, py::arg("dy"), py::arg("input"), py::arg("target"),
        py::arg("p") = 1, py::arg("margin") = 1.0, py::arg("weight") = py::none(), mean);
    m.def(
        "multilabel_margin_loss",
        [](py::handle x, py::handle t, py::handle reduction) {
            return margin_loss(MarginInputs(margin::kForward[1].name, x, t, true, reduction), {});
        },
        loss::doc::kMultilabelMargin, py::arg("input"), py::arg("target"), mean);
    m.def(
        "multilabel_margin_loss_backward",
        [](py::handle dy, py::handle x, py::handle t, py::handle reduction) {
            return margin_loss_backward(
                MarginInputs(margin::kBackward[1].name, x, t, true, reduction), dy, {});
        },
        loss::doc::kMultilabelMarginBackward, py::arg("dy"), py::arg("input"), py::arg("target"),
        mean);
}

}  // namespace

void bind_loss(py::module_& m) {
    for (int i = 0; i < loss::kOps; ++i) {
        const auto op = static_cast<loss::Op>(i);
        const loss::Facts& facts = loss::facts(op);
        if (facts.weighted) continue;
        if (facts.parameters[0].name == nullptr) {
            def_elementwise<0>(m, op);
        } else if (facts.parameters[1].name == nullptr) {
            def_elementwise<1>(m, op);
        } else if (facts.parameters[2].name == nullptr) {
            def_elementwise<2>(m, op);
        } else {
            def_elementwise<3>(m, op);
        }
    }
    def_binary(m);
    def_margin(m);

    const auto weight = py::arg("weight") = py::none();
    const auto ignore_index = py::arg("ignore_index") = -100;
    const auto mean = py::arg("reduction") = "mean";
    m.def("cross_entropy", &cross_entropy, loss::doc::kCrossEntropy, py::arg("input"),
          py::arg("target"), weight, ignore_index, mean, py::arg("label_smoothing") = 0.0,
          py::arg("with_gradient") = true);
    m.def("cross_entropy_backward", &cross_entropy_backward, loss::doc::kCrossEntropyBackward,
          py::arg("dy"), py::arg("gradient"), mean);
    m.def("nll_loss", &nll_loss, loss::doc::kNllLoss, py::arg("input"), py::arg("target"), weight,
          ignore_index, mean);
    m.def("nll_loss_backward", &nll_loss_backward, loss::doc::kNllLossBackward, py::arg("dy"),
          py::arg("input"), py::arg("target"), weight, ignore_index, mean);
}

}  // namespace fastnn::bind
