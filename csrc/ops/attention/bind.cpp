#include <algorithm>
#include <numeric>

#include "bind/array.h"
#include "bind/families.h"
#include "bind/stream.h"
#include "ops/attention/attention.h"
#include "ops/gemm/operand.h"

namespace fastnn::bind {
namespace {

using attention::kMaxAxes;

// The axes before the matrices, from the right: 0 is the one of the heads.
Py_ssize_t batch_size(const Array& x, int i) {
    return x.ndim - 3 < i ? 1 : x.shape[x.ndim - 3 - i];
}

long batch_stride(const Array& x, int i) {
    if (x.ndim - 3 < i || x.shape[x.ndim - 3 - i] == 1) return 0;
    return static_cast<long>(x.strides[x.ndim - 3 - i]) / static_cast<long>(size_of(x.dtype));
}

Py_ssize_t rows_of(const Array& x) {
    return x.shape[x.ndim - 2];
}
Py_ssize_t cols_of(const Array& x) {
    return x.shape[x.ndim - 1];
}

// An array whose rows have their elements side by side; copied where they do not.
Array with_unit_columns(py::handle object, Name name, py::object& hold) {
    Array x = operand(object, name, hold);
    if (x.ndim > 0 && cols_of(x) > 1 &&
        x.strides[x.ndim - 1] != static_cast<Py_ssize_t>(size_of(x.dtype))) {
        py::object copy;
        x = dense_float(py::handle(x.object), name, copy);
        hold = copy;
    }
    return x;
}

// What both directions are given, checked.
class Call {
 public:
    Call(const char* op, py::handle q_object, py::handle k_object, py::handle v_object, bool gqa)
        : op_(op),
          q(operand(q_object, {op, "query"}, hold_[0])),
          k(operand(k_object, {op, "key"}, hold_[1])),
          v(operand(v_object, {op, "value"}, hold_[2])) {
        const Array* const all[] = {&q, &k, &v};
        const char* const names[] = {"query", "key", "value"};
        for (int i = 0; i < 3; ++i) {
            if (all[i]->ndim < 2) {
                fail<ValueError>(op, ": ", names[i],
                                 " must have at least 2 dimensions (..., length, features), got "
                                 "shape ",
                                 shape_text(*all[i]));
            }
            if (all[i]->dtype != q.dtype) {
                fail<TypeError>(op, ": ", names[i], " must have dtype ", fastnn::name(q.dtype),
                                ", got ", fastnn::name(all[i]->dtype));
            }
        }
        if (cols_of(k) != cols_of(q)) {
            fail<ValueError>(op, ": key must have shape (..., S, ", cols_of(q),
                             ") to fit a query of shape ", shape_text(q), ", got ", shape_text(k));
        }
        if (rows_of(v) != rows_of(k)) {
            fail<ValueError>(op, ": value must have shape (..., ", rows_of(k),
                             ", Ev) to fit a key of shape ", shape_text(k), ", got ",
                             shape_text(v));
        }
        set_axes(gqa);
        args.dtype = q.dtype;
        args.l = rows_of(q), args.s = rows_of(k), args.e = cols_of(q), args.ev = cols_of(v);
        args.q = operand_of(q, 1), args.k = operand_of(k, 0), args.v = operand_of(v, 0);
    }

    // Shape of an array of so many rows and columns over all matrices, or over those of the keys.
    void shape_of(Py_ssize_t* shape, Py_ssize_t rows, Py_ssize_t cols, bool keys) const {
        const int batch = ndim() - 2;
        for (int i = 0; i < batch; ++i) shape[i] = args.shape[i];
        if (batch > 0 && !keys) shape[batch - 1] *= args.shape[batch];
        shape[batch] = rows, shape[batch + 1] = cols;
    }

    // A mask (..., L, S), each of its axes broadcast.
    void set_mask(py::handle object) {
        if (object.is_none()) return;
        const Name name{op_, "attn_mask"};
        Array m = is_array(object) ? aligned_mask(object, name) : array(object, name);
        if (m.dtype != Dtype::b8 && m.dtype != q.dtype) {
            fail<TypeError>(op_, ": attn_mask must have dtype bool or ", fastnn::name(q.dtype),
                            ", got ", fastnn::name(m.dtype));
        }
        const auto wrong = [&] {
            Py_ssize_t shape[kMaxDims];
            shape_of(shape, args.l, args.s, false);
            fail<ValueError>(op_, ": attn_mask must broadcast to shape ", shape_text(ndim(), shape),
                             ", got ", shape_text(m));
        };
        const auto fits = [](Py_ssize_t size, long wanted) { return size == 1 || size == wanted; };
        if (m.ndim > ndim()) wrong();
        if (m.ndim < 2 || cols_of(m) != args.s ||
            (args.s > 1 && m.strides[m.ndim - 1] != static_cast<Py_ssize_t>(size_of(m.dtype)))) {
            m = laid_out(m, name, wrong);
        }
        if (!fits(rows_of(m), args.l)) wrong();
        const int batch = ndim() - 2;
        const long heads = batch > 0 ? args.shape[batch - 1] * args.shape[batch] : 1;
        for (int i = 0; i < m.ndim - 2; ++i) {
            if (!fits(batch_size(m, i), i == 0 ? heads : args.shape[batch - 1 - i])) wrong();
        }
        args.mask_kind =
            m.dtype == Dtype::b8 ? attention::MaskKind::allowed : attention::MaskKind::added;
        args.mask = operand_of(m, 1);
    }

    void set_numbers(double scale, bool causal, double p, py::handle stream) {
        if (!(p >= 0 && p <= 1))
            fail<ValueError>(op_, ": dropout_p must be a probability, from 0 to 1, got ", p);
        args.scale = scale, args.causal = causal, args.p = p;
        if (p > 0) args.stream = stream_of(op_, stream);
    }

    int ndim() const { return std::max({q.ndim, k.ndim, v.ndim}); }

    // Strides over the axes of the call. per_query: the heads are those of q.
    attention::Operand operand_of(const Array& x, int per_query) const {
        const auto size = static_cast<long>(size_of(x.dtype));
        attention::Operand o{};
        o.data = x.data;
        o.row = rows_of(x) == 1 ? 0 : static_cast<long>(x.strides[x.ndim - 2]) / size;
        o.col = static_cast<long>(x.strides[x.ndim - 1]) / size;
        // A stride along an axis of length 1 means nothing.
        if (cols_of(x) == 1) o.col = 1;
        const int batch = ndim() - 2, last = args.ndim - 1;
        for (int i = 1; i < batch; ++i) o.axis[last - 1 - i] = batch_stride(x, i);
        if (batch > 0) {
            const long head = batch_stride(x, 0);
            o.axis[last - 1] = per_query == 1 ? head * args.shape[last] : head;
            o.axis[last] = per_query == 1 ? head : 0;
        }
        return o;
    }

    attention::Output output_of(const Array& x, int per_query) const {
        const attention::Operand o = operand_of(x, per_query);
        attention::Output y{};
        y.data = x.data;
        y.row = o.row;
        std::copy(o.axis, o.axis + kMaxAxes, y.axis);
        return y;
    }

    // A new array of so many rows and columns, its axes in memory in the order of those of `like`.
    py::object empty_as(const Array& like, Py_ssize_t rows, Py_ssize_t cols, bool keys) const {
        Py_ssize_t shape[kMaxDims], strides[kMaxDims];
        shape_of(shape, rows, cols, keys);
        const int n = ndim();
        int order[kMaxDims];
        std::iota(order, order + n, 0);
        if (like.ndim == n) {
            std::stable_sort(order, order + n - 1,
                             [&](int i, int j) { return like.strides[i] > like.strides[j]; });
        }
        auto step = static_cast<Py_ssize_t>(size_of(q.dtype));
        for (int i = n - 1; i >= 0; --i) {
            strides[order[i]] = step;
            step *= std::max<Py_ssize_t>(1, shape[order[i]]);
        }
        return empty(q.dtype, n, shape, strides);
    }

    py::object new_lse() const {
        Py_ssize_t shape[kMaxDims];
        shape_of(shape, args.l, 1, false);
        return empty(q.dtype, ndim() - 1, shape);
    }

 private:
    const char* op_;
    py::object hold_[4];

    void set_axes(bool gqa) {
        const int batch = ndim() - 2;
        if (batch > kMaxAxes - 1)
            fail<ValueError>(op_, ": at most ", kMaxAxes + 1, " dimensions, got ", ndim());
        args.ndim = batch + 1;
        for (int i = 0; i < batch; ++i) {
            const Py_ssize_t sizes[] = {batch_size(q, i), batch_size(k, i), batch_size(v, i)};
            if (i == 0 && gqa) {
                if (sizes[1] != sizes[2] || sizes[1] == 0 || sizes[0] % sizes[1] != 0) {
                    fail<ValueError>(op_,
                                     ": with grouped heads, key and value must have as many heads, "
                                     "a divisor of those of query, got shapes ",
                                     shape_text(q), ", ", shape_text(k), ", ", shape_text(v));
                }
                args.shape[batch - 1] = sizes[1];
                args.shape[batch] = sizes[0] / sizes[1];
                continue;
            }
            Py_ssize_t common = 1;
            for (const Py_ssize_t size : sizes) {
                if (size == 1) continue;
                if (common != 1 && size != common) {
                    fail<ValueError>(op_,
                                     ": query, key and value must have dimensions that broadcast "
                                     "before the last two, got shapes ",
                                     shape_text(q), ", ", shape_text(k), ", ", shape_text(v),
                                     i == 0 ? "; grouped heads want enable_gqa" : "");
                }
                common = size;
            }
            args.shape[batch - 1 - i] = common;
            if (i == 0) args.shape[batch] = 1;
        }
        if (batch == 0) args.shape[0] = 1;
    }

    Array aligned_mask(py::handle object, Name name) {
        constexpr int aligned = 0x0100;
        if ((py::detail::array_proxy(object.ptr())->flags & aligned) != 0)
            return array(object, name);
        hold_[3] = object.attr("copy")();
        return array(hold_[3], name);
    }

    // A mask whose rows are written out.
    template <class Wrong>
    Array laid_out(const Array& m, Name name, Wrong wrong) {
        const Py_ssize_t rows = m.ndim < 2 ? 1 : rows_of(m), cols = m.ndim < 1 ? 1 : cols_of(m);
        if (cols != 1 && cols != args.s) wrong();
        Py_ssize_t shape[kMaxDims];
        const int n = std::max(m.ndim, 2);
        for (int i = 0; i < n - 2; ++i) shape[i] = m.shape[i];
        shape[n - 2] = rows, shape[n - 1] = args.s;
        py::object copy = empty(m.dtype, n, shape);
        if (py::detail::npy_api::get().PyArray_CopyInto_(copy.ptr(), m.object) != 0)
            throw py::error_already_set();
        hold_[3] = copy;
        return array(copy, name);
    }

 public:
    Array q, k, v;
    attention::Args args{};
};

py::object forward(py::handle query, py::handle key, py::handle value, py::handle mask, bool causal,
                   double scale, double p, py::handle stream, bool gqa, bool keep) {
    constexpr const char* op = "scaled_dot_product_attention";
    Call call(op, query, key, value, gqa);
    call.set_mask(mask);
    call.set_numbers(scale, causal, p, stream);
    py::object out = call.empty_as(call.q, call.args.l, call.args.ev, false), lse;
    call.args.out = call.output_of(array(out, {op, "out"}), 1);
    if (keep) {
        lse = call.new_lse();
        call.args.lse = data_of(lse);
    }
    launch(attention::kAttention, call.args);
    if (!keep) return out;
    return py::make_tuple(std::move(out), std::move(lse));
}

void check_like(const Array& x, Name name, const Call& call, Py_ssize_t cols) {
    Py_ssize_t shape[kMaxDims];
    call.shape_of(shape, call.args.l, cols, false);
    if (x.dtype != call.q.dtype) {
        fail<TypeError>(name.op, ": ", name.argument, " must have dtype ",
                        fastnn::name(call.q.dtype), ", got ", fastnn::name(x.dtype));
    }
    if (x.ndim != call.ndim() || !std::equal(shape, shape + x.ndim, x.shape)) {
        fail<ValueError>(name.op, ": ", name.argument, " must have the shape of the output, ",
                         shape_text(call.ndim(), shape), ", got ", shape_text(x));
    }
}

// The gradients of arrays that are interleaved parts of one, (..., rows, parts, heads, columns);
// its axes before the parts lie in memory in the order of those of `like`.
class Interleaved {
 public:
    Interleaved(const Call& call, const Array& like, Py_ssize_t parts) {
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
    attention::Output part(const Call& call, const Array& like, int i, int per_query) const {
        Array x = like;
        x.data = data_of(base) + i * part_;
        x.strides = strides_;
        return call.output_of(x, per_query);
    }
    py::object base;

 private:
    Py_ssize_t part_ = 0, strides_[kMaxDims];
};

bool same_shape(const Array& a, const Array& b) {
    return a.ndim == b.ndim && std::equal(a.shape, a.shape + a.ndim, b.shape);
}

py::tuple backward(py::handle dy_object, py::handle query, py::handle key, py::handle value,
                   py::handle out_object, py::handle lse_object, py::handle mask, bool causal,
                   double scale, double p, py::handle stream, bool gqa, int packed) {
    constexpr const char* op = "scaled_dot_product_attention_backward";
    Call call(op, query, key, value, gqa);
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
    py::tuple result;
    if (packed == 0) {
        py::object dq = call.empty_as(call.q, call.args.l, call.args.e, false),
                   dk = call.empty_as(call.k, call.args.s, call.args.e, true),
                   dv = call.empty_as(call.v, call.args.s, call.args.ev, true);
        args.dq = call.output_of(array(dq, {op, "dq"}), 1);
        args.dk = call.output_of(array(dk, {op, "dk"}), 0);
        args.dv = call.output_of(array(dv, {op, "dv"}), 0);
        result = py::make_tuple(std::move(dq), std::move(dk), std::move(dv));
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
            result = py::make_tuple(parts.base);
        } else {
            py::object dq = call.empty_as(call.q, call.args.l, call.args.e, false);
            args.dq = call.output_of(array(dq, {op, "dq"}), 1);
            result = py::make_tuple(std::move(dq), parts.base);
        }
    } else {
        fail<ValueError>(op, ": packed must be 0, 2 or 3, got ", packed);
    }
    args.forward = call.args;
    launch(attention::kAttentionBackward, args);
    return result;
}

}  // namespace

void bind_attention(py::module_& m) {
    m.def("scaled_dot_product_attention", &forward, py::arg("query"), py::arg("key"),
          py::arg("value"), py::arg("attn_mask") = py::none(), py::arg("is_causal") = false,
          py::arg("scale") = 1.0, py::arg("dropout_p") = 0.0, py::arg("stream") = py::none(),
          py::arg("enable_gqa") = false, py::arg("keep") = false);
    m.def("scaled_dot_product_attention_backward", &backward, py::arg("dy"), py::arg("query"),
          py::arg("key"), py::arg("value"), py::arg("out"), py::arg("lse"),
          py::arg("attn_mask") = py::none(), py::arg("is_causal") = false, py::arg("scale") = 1.0,
          py::arg("dropout_p") = 0.0, py::arg("stream") = py::none(), py::arg("enable_gqa") = false,
          py::arg("packed") = 0);
}

}  // namespace fastnn::bind
