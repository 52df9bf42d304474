// What is taken from a table, and the gradients: sums of what was taken.
#include <algorithm>

#include "bind/families.h"
#include "ops/index/bind_align.h"
#include "ops/index/doc.h"

namespace fastnn::bind {
namespace {

namespace ix = indexing;
using ix::Operand;

// y of `value_ndim` dimensions: those of the alignment, or none where that has one of a single
// element.
template <class Alignment>
py::object taken(const Alignment& a, const Operand& table, int value_ndim, int ndim,
                 const Py_ssize_t* shape) {
    py::object y = ix::empty_of(table, value_ndim, shape);
    Py_ssize_t strides[kMaxDims];
    if (ix::dense_strides(table, ndim, shape, strides) == 0) return y;
    ix::Args args = ix::begin(table);
    const ix::Places places = a.align(args, table, strides);
    args.values = data_of(y);
    launch(index::kTake, args, {table, places.owner, y});
    return y;
}

// Zeros of `shape` to which dy is added.
template <class Alignment>
py::object summed(const Alignment& a, ix::Table& table, const Operand& dy) {
    ix::Args args = ix::begin(table.array);
    if (dy.size() == 0) std::fill_n(table.array.data, table.initial_bytes, '\0');
    if (dy.size() == 0) return table.result;
    const ix::Places places = a.align(args, table.array, dy.strides);
    ix::use(args, table);
    args.put = index::Put::add;
    args.values = dy.data;
    launch(index::kPut, args, {dy, places.owner, table.result});
    return table.result;
}

Operand gradient(py::handle dy, const char* op) {
    Operand d = ix::operand(dy, {op, "dy"});
    if (!ix::is_added(d))
        fail<TypeError>(op, ": dy must have dtype float32, float64, int64 or int32");
    return d;
}

void check_shape(const Operand& dy, const char* op, int ndim, const Py_ssize_t* shape) {
    if (dy.ndim == ndim && std::equal(shape, shape + ndim, dy.shape)) return;
    fail<ValueError>(op, ": dy must have shape ", shape_text(ndim, shape), ", got ",
                     shape_text(dy));
}

py::object gather(py::handle input, py::handle given_dim, py::handle index) {
    const dim_t dim = ix::parse_dim(given_dim, "gather");
    Operand x = ix::operand(input, {"gather", "input"});
    ix::add_axis(x);
    const ix::Along along(index, dim, "gather", x);
    return taken(along, x, ix::dims_of(index), along.ndim, along.shape);
}

py::object gather_backward(py::handle dy, py::handle shape, py::handle given_dim,
                           py::handle index) {
    constexpr const char* op = "gather_backward";
    const dim_t dim = ix::parse_dim(given_dim, op);
    const ix::Shape whole = ix::parse_shape(shape, {op, "shape"});
    Operand d = gradient(dy, op);
    ix::Table table = ix::zero_table(d, whole);
    ix::add_axis(table.array);
    ix::add_axis(d);
    const ix::Along along(index, dim, op, table.array);
    check_shape(d, op, along.ndim, along.shape);
    return summed(along, table, d);
}

py::object take_along_dim(py::handle input, py::handle indices, py::handle given_dim) {
    const dim_t dim = ix::parse_dim(given_dim, "take_along_dim");
    Operand x = ix::operand(input, {"take_along_dim", "input"});
    ix::add_axis(x);
    const ix::Along along = ix::Along::broadcast(indices, dim, "take_along_dim", x);
    const int ndim = std::max(ix::dims_of(indices), ix::dims_of(input));
    return taken(along, x, ndim, along.ndim, along.shape);
}

py::object take_along_dim_backward(py::handle dy, py::handle shape, py::handle indices,
                                   py::handle given_dim) {
    constexpr const char* op = "take_along_dim_backward";
    const dim_t dim = ix::parse_dim(given_dim, op);
    const ix::Shape whole = ix::parse_shape(shape, {op, "shape"});
    Operand d = gradient(dy, op);
    ix::Table table = ix::zero_table(d, whole);
    ix::add_axis(table.array);
    ix::add_axis(d);
    const ix::Along along = ix::Along::broadcast(indices, dim, op, table.array);
    check_shape(d, op, along.ndim, along.shape);
    return summed(along, table, d);
}

py::object index_select(py::handle input, py::handle given_dim, py::handle index) {
    const dim_t dim = ix::parse_dim(given_dim, "index_select");
    Operand x = ix::operand(input, {"index_select", "input"});
    const int ndim = x.ndim;
    ix::add_axis(x);
    const ix::Slices slices(index, dim, "index_select", x);
    if (ndim == 0 && slices.ids.shape[0] != 1)
        fail<ValueError>("index_select: index must have one element for a 0-d input, got shape ",
                         shape_text(slices.ids));
    Py_ssize_t shape[kMaxDims];
    slices.shape_of(x, shape);
    return taken(slices, x, ndim, x.ndim, shape);
}

py::object index_select_backward(py::handle dy, py::handle shape, py::handle given_dim,
                                 py::handle index) {
    constexpr const char* op = "index_select_backward";
    const dim_t dim = ix::parse_dim(given_dim, op);
    const ix::Shape whole = ix::parse_shape(shape, {op, "shape"});
    Operand d = gradient(dy, op);
    ix::Table table = ix::zero_table(d, whole);
    ix::add_axis(table.array);
    ix::add_axis(d);
    const ix::Slices slices(index, dim, op, table.array);
    Py_ssize_t wanted[kMaxDims];
    slices.shape_of(table.array, wanted);
    check_shape(d, op, table.array.ndim, wanted);
    return summed(slices, table, d);
}

py::object take_at(py::handle input, py::handle ids) {
    const Operand x = ix::operand(input, {"index", "input"});
    const ix::Key key(ids, "index", x);
    Py_ssize_t shape[kMaxDims];
    const int ndim = key.shape_of(x, shape);
    return taken(key, x, ndim, ndim, shape);
}

py::object index_backward(py::handle dy, py::handle shape, py::handle ids) {
    constexpr const char* op = "index_backward";
    const ix::Shape whole = ix::parse_shape(shape, {op, "shape"});
    const Operand d = gradient(dy, op);
    ix::Table table = ix::zero_table(d, whole);
    const ix::Key key(ids, op, table.array);
    Py_ssize_t wanted[kMaxDims];
    const int ndim = key.shape_of(table.array, wanted);
    check_shape(d, op, ndim, wanted);
    return summed(key, table, d);
}

}  // namespace

void bind_index(py::module_& m) {
    using py::arg;
    namespace doc = index::doc;
    m.def("gather", &gather, doc::kGather, arg("input"), arg("dim"), arg("index"));
    m.def("gather_backward", &gather_backward, doc::kGatherBackward, arg("dy"), arg("shape"),
          arg("dim"), arg("index"));
    m.def("take_along_dim", &take_along_dim, doc::kTakeAlongDim, arg("input"), arg("indices"),
          arg("dim"));
    m.def("take_along_dim_backward", &take_along_dim_backward, doc::kTakeAlongDimBackward,
          arg("dy"), arg("shape"), arg("indices"), arg("dim"));
    m.def("index_select", &index_select, doc::kIndexSelect, arg("input"), arg("dim"), arg("index"));
    m.def("index_select_backward", &index_select_backward, doc::kIndexSelectBackward, arg("dy"),
          arg("shape"), arg("dim"), arg("index"));
    m.def("index", &take_at, doc::kIndex, arg("input"), arg("ids"));
    m.def("index_backward", &index_backward, doc::kIndexBackward, arg("dy"), arg("shape"),
          arg("ids"));
}

}  // namespace fastnn::bind
