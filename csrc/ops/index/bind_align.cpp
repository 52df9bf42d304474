#include "ops/index/bind_align.h"

#include <algorithm>

namespace fastnn::bind::indexing {

Along::Along(py::handle index, dim_t dim, const char* o, const Operand& table)
    : op(o), argument("index"), wraps(false), ids(integers(index, {o, "index"})) {
    axis = axis_in(dim, op, table.ndim);
    const bool empty = ids.size() == 0;
    add_axis(ids);
    ndim = ids.ndim;
    std::copy_n(ids.shape, ndim, shape);
    if (empty) return;
    bool fits = ndim == table.ndim;
    for (int d = 0; fits && d < ndim; ++d) fits = d == axis || shape[d] <= table.shape[d];
    if (fits) return;
    fail<ValueError>(op, ": index must have ", table.ndim, " dimensions, none but ", axis,
                     " larger than in ", shape_text(table), ", got shape ", shape_text(ids));
}

Along Along::broadcast(py::handle indices, dim_t dim, const char* op, const Operand& table) {
    Along a;
    a.op = op, a.argument = "indices", a.wraps = true;
    a.ids = integers(indices, {op, "indices"});
    add_axis(a.ids);
    a.axis = axis_in(dim, op, table.ndim);
    a.ndim = table.ndim;
    if (a.ids.ndim != table.ndim) {
        fail<ValueError>(op, ": indices must have ", table.ndim, " dimensions, got shape ",
                         shape_text(a.ids));
    }
    for (int d = 0; d < a.ndim; ++d) {
        const Py_ssize_t mine = table.shape[d], other = a.ids.shape[d];
        a.shape[d] = d == a.axis || mine == 1 ? other : mine;
        if (d == a.axis || mine == other || mine == 1 || other == 1) continue;
        fail<ValueError>(op, ": shapes ", shape_text(table), " and ", shape_text(a.ids),
                         " differ outside dim ", a.axis);
    }
    return a;
}

Places Along::align(Args& args, const Operand& table, const Py_ssize_t* value_strides) const {
    const Source source{&ids, {op, argument, axis}, table.shape[axis], table.strides[axis]};
    Places p = places(&source, 1, ndim, shape, wraps);
    args.ids = p.ids, args.where = p.where;
    if (ids.size() == 0) {
        add_axis(args, 0, 0, 0, 0);
        return p;
    }
    for (int d = 0; d < ndim; ++d) {
        const bool moves = d != axis && table.shape[d] != 1;
        add_axis(args, shape[d], moves ? table.strides[d] : 0, value_strides[d], p.strides[d]);
    }
    return p;
}

Slices::Slices(py::handle index, dim_t dim, const char* o, const Operand& table, bool from_end)
    : op(o),
      axis(axis_in(dim, o, table.ndim)),
      wraps(from_end),
      ids(integers(index, {o, "index"})) {
    if (ids.ndim > 1)
        fail<ValueError>(op, ": index must have one dimension, got shape ", shape_text(ids));
    add_axis(ids);
}

void Slices::shape_of(const Operand& table, Py_ssize_t* shape) const {
    std::copy_n(table.shape, table.ndim, shape);
    shape[axis] = ids.shape[0];
}

Places Slices::align(Args& args, const Operand& table, const Py_ssize_t* value_strides) const {
    const Source source{&ids, {op, "index", axis}, table.shape[axis], table.strides[axis]};
    Places p = places(&source, 1, 1, ids.shape, wraps);
    for (int d = 0; d < table.ndim; ++d) {
        if (d == axis) {
            add_axis(args, ids.shape[0], 0, value_strides[d], p.strides[0]);
        } else {
            add_axis(args, table.shape[d], table.strides[d], value_strides[d], 0);
        }
    }
    args.ids = p.ids, args.where = p.where;
    return p;
}

Key::Key(py::handle given, const char* o, const Operand& table) : op(o), ndim(0), first(0) {
    if (PyTuple_Check(given.ptr()) == 0)
        fail<TypeError>(op, ": ids must be a tuple of arrays and None");
    const Py_ssize_t count = PyTuple_GET_SIZE(given.ptr());
    if (count > table.ndim) {
        fail<IndexError>(op, ": too many indices: ", count, " for shape ", shape_text(table));
    }
    arrays.reserve(static_cast<std::size_t>(count));
    axes.reserve(static_cast<std::size_t>(count));
    for (Py_ssize_t i = 0; i < count; ++i) {
        const py::handle item = PyTuple_GET_ITEM(given.ptr(), i);
        if (item.is_none()) continue;
        arrays.push_back(integers(item, {op, "index"}));
        axes.push_back(static_cast<int>(i));
    }
    if (arrays.empty()) fail<ValueError>(op, ": ids must hold an array at least");
    for (const Operand& a : arrays) ndim = std::max(ndim, a.ndim);
    std::fill_n(shape, ndim, 1);
    for (const Operand& a : arrays) {
        for (int d = 0; d < a.ndim; ++d) {
            Py_ssize_t& size = shape[ndim - a.ndim + d];
            if (size == 1) size = a.shape[d];
        }
    }
    const bool together = axes.back() - axes.front() + 1 == static_cast<int>(axes.size());
    first = together ? axes.front() : 0;
}

// The dimensions of the table that have no array, in order: the first `first` of them come before
// those of the arrays.
std::vector<int> Key::kept(const Operand& table) const {
    std::vector<int> dims;
    for (int d = 0; d < table.ndim; ++d) {
        if (std::find(axes.begin(), axes.end(), d) == axes.end()) dims.push_back(d);
    }
    return dims;
}

int Key::shape_of(const Operand& table, Py_ssize_t* out) const {
    const std::vector<int> dims = kept(table);
    const int all = static_cast<int>(dims.size()) + ndim;
    if (all > kMaxDims) fail<ValueError>(op, ": the result would have ", all, " dimensions");
    for (int i = 0; i < all; ++i) {
        const bool of_arrays = i >= first && i < first + ndim;
        const int d = i < first ? i : i - ndim;
        out[i] = of_arrays ? shape[i - first] : table.shape[dims[static_cast<std::size_t>(d)]];
    }
    return all;
}

Places Key::align(Args& args, const Operand& table, const Py_ssize_t* value_strides) const {
    std::vector<Source> sources;
    sources.reserve(arrays.size());
    for (std::size_t k = 0; k < arrays.size(); ++k) {
        const int d = axes[k];
        sources.push_back({&arrays[k], {op, nullptr, d}, table.shape[d], table.strides[d]});
    }
    Places p = places(sources.data(), sources.size(), ndim, shape, true);
    const std::vector<int> dims = kept(table);
    const int all = static_cast<int>(dims.size()) + ndim;
    for (int i = 0; i < all; ++i) {
        if (i >= first && i < first + ndim) {
            add_axis(args, shape[i - first], 0, value_strides[i], p.strides[i - first]);
        } else {
            const int d = dims[static_cast<std::size_t>(i < first ? i : i - ndim)];
            add_axis(args, table.shape[d], table.strides[d], value_strides[i], 0);
        }
    }
    args.ids = p.ids, args.where = p.where;
    return p;
}

}  // namespace fastnn::bind::indexing
