#include "bind/families.h"
#include "ops/attention/bind_call.h"
#include "ops/attention/doc.h"

namespace fastnn::bind {
namespace {

// An array whose rows have their elements side by side; copied where they do not.
Array with_unit_columns(py::handle object, Name name, py::object& hold) {
    Array x = strided_float(object, name, hold);
    if (x.ndim > 0 && cols_of(x) > 1 &&
        x.strides[x.ndim - 1] != static_cast<Py_ssize_t>(size_of(x.dtype))) {
        py::object copy;
        x = dense(x, copy);
        hold = copy;
    }
    return x;
}

py::object forward(py::handle query, py::handle key, py::handle value, py::handle mask, bool causal,
                   double scale, double p, py::handle stream, bool gqa, bool keep) {
    constexpr const char* op = "scaled_dot_product_attention";
    AttentionCall call(op, query, key, value, gqa);
    call.set_mask(mask);
    call.set_numbers(scale, causal, p, stream);
    py::object out = call.empty_as(call.q, call.args.l, call.args.ev, false), lse;
    call.args.out = call.output_of(array(out, {op, "out"}), 1);
    if (keep) {
        lse = call.new_lse();
        call.args.lse = data_of(lse);
    }
    launch(attention::kAttention, call.args,
           {call.q, call.k, call.v, call.mask_owner(), stream, out, lse});
    if (!keep) return out;
    return py::make_tuple(std::move(out), std::move(lse));
}

void check_like(const Array& x, Name name, const AttentionCall& call, Py_ssize_t cols) {
    Py_ssize_t shape[kMaxDims];
    call.shape_of(shape, call.args.l, cols, false);
    check_dtype(x, name, call.q.dtype);
    if (x.ndim != call.ndim() || !std::equal(shape, shape + x.ndim, x.shape)) {
        fail<ValueError>(name.op, ": ", name.argument, " must have the shape of the output, ",
                         shape_text(call.ndim(), shape), ", got ", shape_text(x));
    }
}

// The gradients of arrays that are interleaved parts of one, (..., rows, parts, heads, columns);
// its axes before the parts lie in memory in the order of those of `like`.
class Interleaved {
 public:
    Interleaved(const AttentionCall& call, const Array& like, Py_ssize_t parts) {
        const int n = call.ndim();
        const auto size = static_cast<Py_ssize_t>(size_of(like.dtype));
        Py_ssize_t shape[kMaxDims], strides[kMaxDims];
        int order[kMaxDims];  // of the axes of `like` but the heads and the columns
        for (int i = 0; i < n - 2; ++i) order[i] = i < n - 3 ? i : n - 2;
        std::stable_sort(order, order + n - 2,
                         [&](int i, int j) { return like.strides[i] > like.strides[j]; });
        strides_[n - 1] = size;
        strides_[n - 3] = size * cols_of(like);
        part_ = strides_[n - 3] * like.shape[n - 3];
        Py_ssize_t step = part_ * parts;
        for (int i = n - 3; i >= 0; --i) {
            strides_[order[i]] = step;
            step *= std::max<Py_ssize_t>(1, like.shape[order[i]]);
        }
        std::copy(like.shape, like.shape + n - 3, shape);
        std::copy(strides_, strides_ + n - 3, strides);
        shape[n - 3] = rows_of(like), strides[n - 3] = strides_[n - 2];
        shape[n - 2] = parts, strides[n - 2] = part_;
        shape[n - 1] = like.shape[n - 3], strides[n - 1] = strides_[n - 3];
        shape[n] = cols_of(like), strides[n] = size;
        base = empty(like.dtype, n + 1, shape, strides);
    }
    attention::Output part(const AttentionCall& call, const Array& like, int i,
                           int per_query) const {
        Array x = like;
        x.data = data_of(base) + i * part_;
        x.set_strides(strides_);
        return call.output_of(x, per_query);
    }
    py::object base;

 private:
    Py_ssize_t part_ = 0, strides_[kMaxDims];
};

bool same_shape(const Array& a, const Array& b) {
    return a.ndim == b.ndim && std::equal(a.shape, a.shape + a.ndim, b.shape);
}

Tuple<py::object, py::ellipsis> backward(py::handle dy_object, py::handle query, py::handle key,
                                         py::handle value, py::handle out_object,
                                         py::handle lse_object, py::handle mask, bool causal,
                                         double scale, double p, py::handle stream, bool gqa,
                                         int packed) {
    constexpr const char* op = "scaled_dot_product_attention_backward";
    AttentionCall call(op, query, key, value, gqa);
    call.set_mask(mask);
    call.set_numbers(scale, causal, p, stream);
    py::object hold_dy, hold_out, hold_lse;
    const Array dy = with_unit_columns(dy_object, {op, "dy"}, hold_dy),
                out = with_unit_columns(out_object, {op, "out"}, hold_out),
                lse = dense_float(lse_object, {op, "lse"}, hold_lse);
    const int n = call.ndim();
    check_like(dy, {op, "dy"}, call, call.args.ev);
    check_like(out, {op, "out"}, call, call.args.ev);
    Py_ssize_t shape[kMaxDims];
    call.shape_of(shape, call.args.l, 1, false);
    if (lse.ndim != n - 1 || !std::equal(shape, shape + n - 1, lse.shape) ||
        lse.dtype != dy.dtype) {
        fail<ValueError>(op, ": lse must have shape ", shape_text(n - 1, shape),
                         " and the dtype of query, as the forward pass gave it, got shape ",
                         shape_text(lse));
    }
    call.args.out = call.output_of(out, 1);
    call.args.lse = lse.data;
    attention::BackwardArgs args{};
    args.dy = call.operand_of(dy, 1);
    const auto whole = [&](const Array& x, const Array& y) {
        bool fits = n >= 3 && same_shape(x, y);
        call.shape_of(shape, rows_of(x), cols_of(x), true);
        return fits && std::equal(shape, shape + n, x.shape);
    };
    py::object dq, dk, dv, all;  // `all` is of those that are packed
    if (packed == 0) {
        dq = call.empty_as(call.q, call.args.l, call.args.e, false);
        dk = call.empty_as(call.k, call.args.s, call.args.e, true);
        dv = call.empty_as(call.v, call.args.s, call.args.ev, true);
        args.dq = call.output_of(array(dq, {op, "dq"}), 1);
        args.dk = call.output_of(array(dk, {op, "dk"}), 0);
        args.dv = call.output_of(array(dv, {op, "dv"}), 0);
    } else if (packed == 2 || packed == 3) {
        if (!whole(call.k, call.v) || (packed == 3 && !same_shape(call.q, call.k))) {
            fail<ValueError>(op, ": packed arrays must have one shape (..., H, L, E), got ",
                             shape_text(call.q), ", ", shape_text(call.k), ", ",
                             shape_text(call.v));
        }
        const Interleaved parts(call, call.k, packed);
        args.dk = parts.part(call, call.k, packed - 2, 0);
        args.dv = parts.part(call, call.v, packed - 1, 0);
        if (packed == 3) {
            args.dq = parts.part(call, call.q, 0, 1);
        } else {
            dq = call.empty_as(call.q, call.args.l, call.args.e, false);
            args.dq = call.output_of(array(dq, {op, "dq"}), 1);
        }
        all = parts.base;
    } else {
        fail<ValueError>(op, ": packed must be 0, 2 or 3, got ", packed);
    }
    args.forward = call.args;
    launch(attention::kAttentionBackward, args,
           {call.q, call.k, call.v, call.mask_owner(), stream, dy, out, lse, dq, dk, dv, all});
    if (packed == 0) return py::make_tuple(std::move(dq), std::move(dk), std::move(dv));
    if (packed == 2) return py::make_tuple(std::move(dq), std::move(all));
    return py::make_tuple(std::move(all));
}

}  // namespace

void bind_attention(py::module_& m) {
    m.def("scaled_dot_product_attention", &forward, attention::doc::kScaledDotProductAttention,
          py::arg("query"), py::arg("key"), py::arg("value"), py::arg("attn_mask") = py::none(),
          py::arg("is_causal") = false, py::arg("scale") = 1.0, py::arg("dropout_p") = 0.0,
          py::arg("stream") = py::none(), py::arg("enable_gqa") = false, py::arg("keep") = false);
    m.def("scaled_dot_product_attention_backward", &backward,
          attention::doc::kScaledDotProductAttentionBackward, py::arg("dy"), py::arg("query"),
          py::arg("key"), py::arg("value"), py::arg("out"), py::arg("lse"),
          py::arg("attn_mask") = py::none(), py::arg("is_causal") = false, py::arg("scale") = 1.0,
          py::arg("dropout_p") = 0.0, py::arg("stream") = py::none(), py::arg("enable_gqa") = false,
          py::arg("packed") = 0);
}

}  // namespace fastnn::bind
