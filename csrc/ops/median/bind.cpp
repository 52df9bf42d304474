#include <algorithm>

#include "bind/array.h"
#include "bind/axis.h"
#include "bind/families.h"
#include "ops/median/doc.h"
#include "ops/median/median.h"

namespace fastnn::bind {
namespace {

Tuple<py::object, py::object> median(py::handle input, dim_t dim) {
    const Name name{median::kMedian.name, "input"};
    py::object hold;
    const Array x = dense_float(input, name, hold);
    const Axis axis = axis_of(x, name, dim);
    Py_ssize_t shape[kMaxDims];
    std::copy_n(x.shape, x.ndim, shape);
    if (x.ndim > 0) {
        Py_ssize_t& size = shape[dim < 0 ? dim + x.ndim : dim];
        if (size == 0) {
            fail<ValueError>(name.op, ": cannot reduce no elements, got shape ", shape_text(x));
        }
        size = 1;
    }
    py::object values = empty(x.dtype, x.ndim, shape), indices = empty(Dtype::i64, x.ndim, shape);
    launch(median::kMedian,
           median::Args{x.dtype, axis.outer, axis.size, axis.inner, x.data, data_of(values),
                        reinterpret_cast<std::int64_t*>(data_of(indices))},
           {x, values, indices});
    return py::make_tuple(std::move(values), std::move(indices));
}

}  // namespace

void bind_median(py::module_& m) {
    m.def("median", &median, median::doc::kMedian, py::arg("input"), py::arg("dim"));
}

}  // namespace fastnn::bind
