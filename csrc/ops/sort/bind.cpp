#include <algorithm>

#include "bind/array.h"
#include "bind/axis.h"
#include "bind/families.h"
#include "ops/sort/doc.h"
#include "ops/sort/sort.h"

namespace fastnn::bind {
namespace {

using sorting::Args;

// An array that fills a block of memory, the axis, and outputs in the memory order of the array.
struct Along {
    py::object aligned, once, hold;
    Array given, x;  // x has one element along the axis where those given are one in memory
    Axis axis;
    int at;      // the axis, from 0; -1 of a number
    dim_t size;  // of what is given

    Along(py::handle input, Name name, dim_t dim, bool may_repeat = true)
        : given(strided(input, name, aligned)),
          x(block(may_repeat ? once_along(given, dim, once) : given, hold)),
          axis(axis_of(x, name, dim)) {
        at = x.ndim == 0 ? -1 : static_cast<int>(dim < 0 ? dim + x.ndim : dim);
        size = at < 0 ? 1 : given.shape[at];
        if (size > sorting::kMostLine) {
            fail<ValueError>(name.op, ": at most 2**32 - 1 elements can be sorted, got shape ",
                             shape_text(given));
        }
        if (!x.contiguous || at < 0) return;
        // Also where the axis has size 0 or 1, and the output's another.
        axis.outer = axis.inner = 1;
        for (int i = 0; i < x.ndim; ++i)
            (i < at ? axis.outer : axis.inner) *= i == at ? 1 : x.shape[i];
    }
    // A new array whose axis has another size.
    py::object output(Dtype dtype, dim_t length) const {
        Py_ssize_t shape[kMaxDims], strides[kMaxDims];
        std::copy_n(x.shape, x.ndim, shape);
        if (at >= 0) shape[at] = length;
        if (x.contiguous || axis.size * length == 0) return empty(dtype, x.ndim, shape);
        const auto bytes = static_cast<Py_ssize_t>(size_of(dtype));
        for (int i = 0; i < x.ndim; ++i) {
            strides[i] = x.strides[i] / static_cast<Py_ssize_t>(size_of(x.dtype)) * bytes;
            // Axes outside of this one. Those of length 1 may have any stride.
            if (i != at && strides[i] >= axis.size * axis.inner * bytes)
                strides[i] = strides[i] / axis.size * length;
        }
        if (at >= 0) strides[at] = axis.inner * bytes;
        return empty(dtype, x.ndim, shape, strides);
    }
    Args args(bool descending, bool in_order, dim_t k, py::handle values,
              py::handle indices) const {
        return {.dtype = x.dtype,
                .descending = descending,
                .in_order = in_order,
                .equal = axis.size != size,
                .outer = axis.outer,
                .size = size,
                .inner = axis.inner,
                .k = k,
                .x = x.data,
                .values = values.is_none() ? nullptr : data_of(values),
                .indices = reinterpret_cast<std::int64_t*>(data_of(indices))};
    }
};

Tuple<py::object, py::object> sort(py::handle input, dim_t dim, bool descending) {
    const Along along(input, {sorting::kSort.name, "input"}, dim);
    const dim_t n = along.size;
    py::object values = along.output(along.x.dtype, n), indices = along.output(Dtype::i64, n);
    launch(sorting::kSort, along.args(descending, true, n, values, indices),
           {along.given, along.x, values, indices});
    return py::make_tuple(std::move(values), std::move(indices));
}

py::object argsort(py::handle input, dim_t dim, bool descending) {
    const Along along(input, {sorting::kArgsort.name, "input"}, dim);
    const dim_t n = along.size;
    py::object indices = along.output(Dtype::i64, n);
    launch(sorting::kArgsort, along.args(descending, true, n, py::none(), indices),
           {along.given, along.x, indices});
    return indices;
}

Tuple<py::object, py::object> topk(py::handle input, dim_t k, dim_t dim, bool largest,
                                   bool in_order) {
    const Name name{sorting::kTop.name, "input"};
    const Along along(input, name, dim);
    if (k < 0 || k > along.size) {
        fail<ValueError>(name.op, ": k must lie in [0, ", along.size, "], the size of dim ", dim,
                         ", got ", k);
    }
    py::object values = along.output(along.x.dtype, k), indices = along.output(Dtype::i64, k);
    launch(sorting::kTop, along.args(largest, in_order, k, values, indices),
           {along.given, along.x, values, indices});
    return py::make_tuple(std::move(values), std::move(indices));
}

Tuple<py::object, py::object> mode(py::handle input, dim_t dim) {
    const Name name{sorting::kMode.name, "input"};
    const Along along(input, name, dim);
    if (along.axis.size == 0) {
        fail<ValueError>(name.op, ": cannot reduce no elements, got shape ", shape_text(along.x));
    }
    py::object values = along.output(along.x.dtype, 1), indices = along.output(Dtype::i64, 1);
    launch(sorting::kMode, along.args(false, true, 1, values, indices),
           {along.given, along.x, values, indices});
    return py::make_tuple(std::move(values), std::move(indices));
}

py::object sort_backward(py::handle dy, py::handle indices, dim_t dim, dim_t size) {
    const char* op = sorting::kSortBackward.name;
    if (size < 0) fail<ValueError>(op, ": size must not be negative, got ", size);
    py::object aligned, hold;
    const Dtype dtype = strided_float(dy, {op, "dy"}, aligned).dtype;
    check_dtype(array(indices, {op, "indices"}), {op, "indices"}, Dtype::i64);
    const Along along(indices, {op, "indices"}, dim, false);
    if (along.at < 0 && size != 1)
        fail<ValueError>(op, ": the one axis of a number has size 1, got ", size);
    // dy in the memory order of the indices.
    Array layout = along.x;
    layout.dtype = dtype;
    for (int i = 0; i < layout.ndim; ++i)
        layout.strides[i] = layout.strides[i] / 8 * static_cast<Py_ssize_t>(size_of(dtype));
    const Array d = block_like(dy, {op, "dy"}, layout, hold);
    py::object dx = along.output(dtype, size);
    launch(sorting::kSortBackward,
           sorting::BackwardArgs{dtype, along.axis.outer, size, along.axis.inner, along.axis.size,
                                 d.data, reinterpret_cast<const std::int64_t*>(along.x.data),
                                 data_of(dx)},
           {d, along.x, dx});
    return dx;
}

}  // namespace

void bind_sort(py::module_& m) {
    using py::arg;
    m.def("sort", &sort, sorting::doc::kSort, arg("input"), arg("dim"), arg("descending") = false);
    m.def("argsort", &argsort, sorting::doc::kArgsort, arg("input"), arg("dim"),
          arg("descending") = false);
    m.def("topk", &topk, sorting::doc::kTop, arg("input"), arg("k"), arg("dim"),
          arg("largest") = true, arg("in_order") = true);
    m.def("mode", &mode, sorting::doc::kMode, arg("input"), arg("dim"));
    m.def("sort_backward", &sort_backward, sorting::doc::kSortBackward, arg("dy"), arg("indices"),
          arg("dim"), arg("size"));
}

}  // namespace fastnn::bind
