#include "ops/attention/bind_call.h"

#include <numeric>

#include "bind/rng.h"

namespace fastnn::bind {

using attention::kMaxAxes;

namespace {

// The axes before the matrices, from the right: 0 is the one of the heads.
Py_ssize_t batch_size(const Array& x, int i) {
    return x.ndim - 3 < i ? 1 : x.shape[x.ndim - 3 - i];
}

dim_t batch_stride(const Array& x, int i) {
    if (x.ndim - 3 < i || x.shape[x.ndim - 3 - i] == 1) return 0;
    return static_cast<dim_t>(x.strides[x.ndim - 3 - i]) / static_cast<dim_t>(size_of(x.dtype));
}

}  // namespace

AttentionCall::AttentionCall(const char* op, py::handle q_object, py::handle k_object,
                             py::handle v_object, bool gqa)
    : op_(op),
      q(strided_float(q_object, {op, "query"}, hold_[0])),
      k(strided_float(k_object, {op, "key"}, hold_[1])),
      v(strided_float(v_object, {op, "value"}, hold_[2])) {
    const Array* const all[] = {&q, &k, &v};
    const char* const names[] = {"query", "key", "value"};
    for (int i = 0; i < 3; ++i) {
        if (all[i]->ndim < 2) {
            fail<ValueError>(op, ": ", names[i],
                             " must have at least 2 dimensions (..., length, features), got "
                             "shape ",
                             shape_text(*all[i]));
        }
        check_dtype(*all[i], {op, names[i]}, q.dtype);
    }
    if (cols_of(k) != cols_of(q)) {
        fail<ValueError>(op, ": key must have shape (..., S, ", cols_of(q),
                         ") to fit a query of shape ", shape_text(q), ", got ", shape_text(k));
    }
    if (rows_of(v) != rows_of(k)) {
        fail<ValueError>(op, ": value must have shape (..., ", rows_of(k),
                         ", Ev) to fit a key of shape ", shape_text(k), ", got ", shape_text(v));
    }
    set_axes(gqa);
    args.dtype = q.dtype;
    args.l = rows_of(q), args.s = rows_of(k), args.e = cols_of(q), args.ev = cols_of(v);
    args.q = operand_of(q, 1), args.k = operand_of(k, 0), args.v = operand_of(v, 0);
}

void AttentionCall::shape_of(Py_ssize_t* shape, Py_ssize_t rows, Py_ssize_t cols, bool keys) const {
    const int batch = ndim() - 2;
    for (int i = 0; i < batch; ++i) shape[i] = args.shape[i];
    if (batch > 0 && !keys) shape[batch - 1] *= args.shape[batch];
    shape[batch] = rows, shape[batch + 1] = cols;
}

// A mask whose rows are written out.
template <class Wrong>
Array AttentionCall::laid_out(const Array& m, Wrong wrong) {
    const Py_ssize_t rows = m.ndim < 2 ? 1 : rows_of(m), cols = m.ndim < 1 ? 1 : cols_of(m);
    if (cols != 1 && cols != args.s) wrong();
    Py_ssize_t shape[kMaxDims];
    const int n = std::max(m.ndim, 2);
    for (int i = 0; i < n - 2; ++i) shape[i] = m.shape[i];
    shape[n - 2] = rows, shape[n - 1] = args.s;
    py::object copy = empty(m.dtype, n, shape);
    copy_into(copy, m);
    hold_[3] = copy;
    return Array(copy.ptr(), m.dtype);
}

void AttentionCall::set_mask(py::handle object) {
    if (object.is_none()) return;
    const Name name{op_, "attn_mask"};
    mask_object_ = object;
    Array m = strided(object, name, hold_[3]);
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
    const auto fits = [](Py_ssize_t size, dim_t wanted) { return size == 1 || size == wanted; };
    if (m.ndim > ndim()) wrong();
    if (m.ndim < 2 || cols_of(m) != args.s ||
        (args.s > 1 && m.strides[m.ndim - 1] != static_cast<Py_ssize_t>(size_of(m.dtype)))) {
        m = laid_out(m, wrong);
    }
    if (!fits(rows_of(m), args.l)) wrong();
    const int batch = ndim() - 2;
    const dim_t heads = batch > 0 ? args.shape[batch - 1] * args.shape[batch] : 1;
    for (int i = 0; i < m.ndim - 2; ++i) {
        if (!fits(batch_size(m, i), i == 0 ? heads : args.shape[batch - 1 - i])) wrong();
    }
    args.mask_kind =
        m.dtype == Dtype::b8 ? attention::MaskKind::boolean : attention::MaskKind::additive;
    args.mask = operand_of(m, 1);
}

void AttentionCall::set_numbers(double scale, bool causal, double p, py::handle stream) {
    if (!(p >= 0 && p <= 1))
        fail<ValueError>(op_, ": dropout_p must be a probability, from 0 to 1, got ", p);
    args.scale = scale, args.causal = causal, args.p = p;
    if (p > 0) args.stream = seed_and_offset(op_, stream);
}

attention::Operand AttentionCall::operand_of(const Array& x, int per_query) const {
    const auto size = static_cast<dim_t>(size_of(x.dtype));
    attention::Operand o{};
    o.data = x.data;
    o.row = rows_of(x) == 1 ? 0 : static_cast<dim_t>(x.strides[x.ndim - 2]) / size;
    o.col = static_cast<dim_t>(x.strides[x.ndim - 1]) / size;
    // A stride along an axis of length 1 means nothing.
    if (cols_of(x) == 1) o.col = 1;
    const int batch = ndim() - 2, last = args.ndim - 1;
    for (int i = 1; i < batch; ++i) o.axis[last - 1 - i] = batch_stride(x, i);
    if (batch > 0) {
        const dim_t head = batch_stride(x, 0);
        o.axis[last - 1] = per_query == 1 ? head * args.shape[last] : head;
        o.axis[last] = per_query == 1 ? head : 0;
    }
    return o;
}

attention::Output AttentionCall::output_of(const Array& x, int per_query) const {
    const attention::Operand o = operand_of(x, per_query);
    attention::Output y{};
    y.data = x.data;
    y.row = o.row;
    std::copy(o.axis, o.axis + kMaxAxes, y.axis);
    return y;
}

py::object AttentionCall::empty_as(const Array& like, Py_ssize_t rows, Py_ssize_t cols,
                                   bool keys) const {
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

py::object AttentionCall::new_lse() const {
    Py_ssize_t shape[kMaxDims];
    shape_of(shape, args.l, 1, false);
    return empty(q.dtype, ndim() - 1, shape);
}

void AttentionCall::set_axes(bool gqa) {
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

}  // namespace fastnn::bind
