#include <algorithm>

#include "bind/array.h"
#include "bind/axis.h"
#include "bind/families.h"
#include "ops/median/doc.h"
#include "ops/median/median.h"

namespace fastnn::bind {
namespace {

Tuple<py::object, py::object> select(const Kernel<median::Args>& kernel, median::Rank rank,
                                     py::handle input, dim_t k, dim_t dim) {
    const Name name{kernel.name, "input"};
    py::object aligned, view, hold;
    const Array given = strided(input, name, aligned);
    const Array x = dense(once_along(given, dim, view), hold);
    const Axis axis = axis_of(x, name, dim);
    const bool equal = view.ptr() != nullptr;  // whether all elements along the axis are one
    const dim_t size = equal ? given.shape[dim < 0 ? dim + x.ndim : dim] : axis.size;
    Py_ssize_t shape[kMaxDims];
    std::copy_n(x.shape, x.ndim, shape);
    if (axis.size == 0)
        fail<ValueError>(name.op, ": cannot reduce no elements, got shape ", shape_text(x));
    if (k < 0 || k >= size) {
        fail<ValueError>(name.op, ": k must lie in [1, ", size, "], the size of dim ", dim,
                         ", got ", k + 1);
    }
    if (x.ndim > 0) shape[dim < 0 ? dim + x.ndim : dim] = 1;
    py::object values = empty(x.dtype, x.ndim, shape), indices = empty(Dtype::i64, x.ndim, shape);
    launch(kernel,
           median::Args{x.dtype, rank, equal ? 0 : k, axis.outer, axis.size, axis.inner, x.data,
                        data_of(values), reinterpret_cast<std::int64_t*>(data_of(indices))},
           {given, x, values, indices});
    return py::make_tuple(std::move(values), std::move(indices));
}

Tuple<py::object, py::object> median(py::handle input, dim_t dim) {
    return select(median::kMedian, median::Rank::median, input, 0, dim);
}

Tuple<py::object, py::object> nanmedian(py::handle input, dim_t dim) {
    return select(median::kNanmedian, median::Rank::nanmedian, input, 0, dim);
}

Tuple<py::object, py::object> kthvalue(py::handle input, dim_t k, dim_t dim) {
    return select(median::kKthvalue, median::Rank::kth, input, k < 1 ? -1 : k - 1, dim);
}

}  // namespace

void bind_median(py::module_& m) {
    using py::arg;
    m.def("median", &median, median::doc::kMedian, arg("input"), arg("dim"));
    m.def("nanmedian", &nanmedian, median::doc::kNanmedian, arg("input"), arg("dim"));
    m.def("kthvalue", &kthvalue, median::doc::kKthvalue, arg("input"), arg("k"), arg("dim"));
}

}  // namespace fastnn::bind
