// One axis of an array that fills a block of memory, for ops that work along it.
#pragma once

#include <algorithm>

#include "bind/array.h"

namespace fastnn::bind {

// A block of memory as (outer, size, inner) around one of its axes, for any order of the others.
struct Axis {
    dim_t outer, size, inner;
};

inline Axis axis_of(const Array& a, Name name, dim_t dim) {
    const dim_t ndim = a.ndim == 0 ? 1 : a.ndim;
    if (dim < -ndim || dim >= ndim) {
        fail<IndexError>(name.op, ": dim must lie between ", -ndim, " and ", ndim - 1,
                         " for shape ", shape_text(a), ", got ", dim);
    }
    if (a.ndim == 0) return {1, 1, 1};
    const auto i = static_cast<int>(dim < 0 ? dim + ndim : dim);
    const dim_t all = a.size(), size = a.shape[i];
    if (all == 0) return {0, size, 0};
    // In a block, the stride of an axis is the product of the sizes of those inside it. An axis of
    // length 1 may have any stride.
    const dim_t inner = size == 1 ? 1 : a.strides[i] / static_cast<dim_t>(size_of(a.dtype));
    return {all / (size * inner), size, inner};
}

// The array without its repetitions along an axis of stride 0: of one element there, a view that
// `hold` keeps. The array itself where its elements lie apart, or there is no such axis.
inline Array once_along(const Array& a, dim_t dim, py::object& hold) {
    if (dim < 0) dim += a.ndim;
    if (dim < 0 || dim >= a.ndim || a.strides[dim] != 0 || a.shape[dim] < 2) return a;
    Py_ssize_t shape[kMaxDims];
    std::copy_n(a.shape, a.ndim, shape);
    shape[dim] = 1;
    hold = array_over(py::reinterpret_borrow<py::object>(a), a.dtype, a.ndim, shape, a.data,
                      a.strides);
    return Array(hold.ptr(), a.dtype);
}

}  // namespace fastnn::bind
