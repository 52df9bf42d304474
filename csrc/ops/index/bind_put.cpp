// What is put into a table, and the gradients of that.
#include <algorithm>

#include "bind/families.h"
#include "ops/index/bind_align.h"
#include "ops/index/doc.h"

namespace fastnn::bind {
namespace {

namespace ix = indexing;
using index::Put;
using ix::Operand;

struct Way {
    Put put;
    const char* op;
    bool takes_one = false;  // a 0-d array for all places
};

// `strides` are those of the values as the alignment sees them, 0 along which they are broadcast.
template <class Alignment>
py::object put_in(const Alignment& a, const ix::Table& table, Put put, double alpha, bool inplace,
                  const Operand& values, const Py_ssize_t* strides) {
    if (put != Put::set && !ix::is_added(table.array)) {
        fail<TypeError>(a.op, ": input must have dtype float32, float64, int64 or int32");
    }
    ix::Args args = ix::begin(table.array);
    const ix::Places places = a.align(args, table.array, strides);
    ix::use(args, table);
    args.put = put, args.alpha = alpha;
    args.check_first = inplace;
    args.values = values.data;
    launch(index::kPut, args, {places.owner, values, table.result, table.source});
    return table.result;
}

constexpr Choice<Way> kScatters[] = {
    {"set", {Put::set, "scatter"}},          {"add", {Put::add, "scatter_add"}},
    {"sum", {Put::add, "scatter_reduce"}},   {"prod", {Put::mul, "scatter_reduce"}},
    {"amax", {Put::amax, "scatter_reduce"}}, {"amin", {Put::amin, "scatter_reduce"}},
};

py::object scatter(py::handle input, py::handle given_dim, py::handle index, py::handle src,
                   py::handle reduce, bool inplace) {
    const Way way = parse_choice(reduce, {"scatter", "reduce"}, kScatters);
    const dim_t dim = ix::parse_dim(given_dim, way.op);
    Operand x = ix::operand(input, {way.op, "input"});
    Operand s = ix::operand(src, {way.op, "src"});
    ix::check_type(s, {way.op, "src"}, x);
    ix::Table table = ix::changed_table(x, way.op, inplace);
    ix::add_axis(table.array);
    ix::Along along(index, dim, way.op, table.array);
    Py_ssize_t strides[kMaxDims]{};
    if (s.ndim > 0 && along.ids.size() > 0) {
        bool fits = s.ndim == along.ndim;
        for (int d = 0; fits && d < s.ndim; ++d) fits = along.shape[d] <= s.shape[d];
        if (!fits) {
            fail<ValueError>(way.op, ": src must be at least as large as index ",
                             shape_text(along.ids), ", got ", shape_text(s));
        }
        ix::separate(s, table, inplace);
        std::copy_n(s.strides, s.ndim, strides);
    } else {
        ix::separate(s, table, inplace);
    }
    ix::separate(along.ids, table, inplace);
    return put_in(along, table, way.put, 1, inplace, s, strides);
}

constexpr Choice<Way> kSlices[] = {
    {"copy", {Put::set, "index_copy"}},    {"fill", {Put::set, "index_fill", true}},
    {"add", {Put::add, "index_add"}},      {"sum", {Put::add, "index_reduce", true}},
    {"prod", {Put::mul, "index_reduce"}},  {"amax", {Put::amax, "index_reduce"}},
    {"amin", {Put::amin, "index_reduce"}},
};

py::object index_reduce(py::handle input, py::handle given_dim, py::handle index, py::handle source,
                        py::handle reduce, double alpha, bool inplace) {
    const Way way = parse_choice(reduce, {"index_reduce", "reduce"}, kSlices);
    const dim_t dim = ix::parse_dim(given_dim, way.op);
    Operand x = ix::operand(input, {way.op, "input"});
    Operand s = ix::operand(source, {way.op, "source"});
    ix::check_type(s, {way.op, "source"}, x);
    ix::Table table = ix::changed_table(x, way.op, inplace);
    ix::add_axis(table.array);
    ix::Slices slices(index, dim, way.op, table.array, way.takes_one);
    ix::separate(s, table, inplace);
    ix::separate(slices.ids, table, inplace);
    Py_ssize_t strides[kMaxDims]{};
    const bool one = s.ndim == 0 && way.takes_one;
    if (!one) {
        Py_ssize_t shape[kMaxDims];
        slices.shape_of(table.array, shape);
        const int ndim = table.array.ndim;
        if (s.ndim == 0 && ndim == 1) ix::add_axis(s);
        if (s.ndim != ndim || !std::equal(shape, shape + ndim, s.shape)) {
            fail<ValueError>(way.op, ": source must have shape ", shape_text(ndim, shape), ", got ",
                             shape_text(s));
        }
        std::copy_n(s.strides, ndim, strides);
    }
    return put_in(slices, table, way.put, alpha, inplace, s, strides);
}

py::object index_put(py::handle input, py::handle ids, py::handle values, bool accumulate,
                     bool inplace) {
    constexpr const char* op = "index_put";
    Operand x = ix::operand(input, {op, "input"});
    Operand s = ix::operand(values, {op, "values"});
    ix::check_type(s, {op, "values"}, x);
    ix::Table table = ix::changed_table(x, op, inplace);
    ix::Key key(ids, op, table.array);
    Py_ssize_t shape[kMaxDims], strides[kMaxDims];
    const int ndim = key.shape_of(table.array, shape);
    ix::separate(s, table, inplace);
    for (Operand& each : key.arrays) ix::separate(each, table, inplace);
    if (!ix::broadcast(s, ndim, shape, strides)) {
        fail<ValueError>(op, ": values must be broadcastable to shape ", shape_text(ndim, shape),
                         ", got ", shape_text(s));
    }
    return put_in(key, table, accumulate ? Put::add : Put::set, 1, inplace, s, strides);
}

// A copy of dy with zeros where something was put, and what was there.
template <class Alignment>
Tuple<py::object, py::object> exchanged(const Alignment& a, const ix::Table& table,
                                        py::object values, const Operand& of,
                                        const Py_ssize_t* strides) {
    ix::Args args = ix::begin(table.array);
    const ix::Places places = a.align(args, table.array, strides);
    ix::use(args, table);
    args.values = data_of(values);
    launch(index::kExchange, args, {of, places.owner, values, table.result});
    return py::make_tuple(table.result, std::move(values));
}

Tuple<py::object, py::object> scatter_backward(py::handle dy, py::handle given_dim,
                                               py::handle index) {
    constexpr const char* op = "scatter_backward";
    const dim_t dim = ix::parse_dim(given_dim, op);
    const Operand d = ix::operand(dy, {op, "dy"});
    ix::Table table = ix::changed_table(d, op, false);
    ix::add_axis(table.array);
    ix::Along along(index, dim, op, table.array);
    py::object values = ix::empty_of(d, ix::dims_of(index), along.shape);
    Py_ssize_t strides[kMaxDims];
    ix::dense_strides(d, along.ndim, along.shape, strides);
    return exchanged(along, table, std::move(values), d, strides);
}

Tuple<py::object, py::object> index_reduce_backward(py::handle dy, py::handle given_dim,
                                                    py::handle index) {
    constexpr const char* op = "index_reduce_backward";
    const dim_t dim = ix::parse_dim(given_dim, op);
    const Operand d = ix::operand(dy, {op, "dy"});
    ix::Table table = ix::changed_table(d, op, false);
    ix::add_axis(table.array);
    ix::Slices slices(index, dim, op, table.array, true);
    Py_ssize_t shape[kMaxDims], strides[kMaxDims];
    slices.shape_of(table.array, shape);
    py::object values = ix::empty_of(d, table.array.ndim, shape);
    ix::dense_strides(d, table.array.ndim, shape, strides);
    return exchanged(slices, table, std::move(values), d, strides);
}

Tuple<py::object, py::object> index_put_backward(py::handle dy, py::handle ids, bool inplace) {
    constexpr const char* op = "index_put_backward";
    const Operand d = ix::operand(dy, {op, "dy"});
    ix::Table table = ix::changed_table(d, op, inplace);
    ix::Key key(ids, op, table.array);
    Py_ssize_t shape[kMaxDims], strides[kMaxDims];
    const int ndim = key.shape_of(table.array, shape);
    py::object values = ix::empty_of(d, ndim, shape);
    ix::dense_strides(d, ndim, shape, strides);
    return exchanged(key, table, std::move(values), d, strides);
}

}  // namespace

void bind_index_put(py::module_& m) {
    using py::arg;
    namespace doc = index::doc;
    m.def("scatter", &scatter, doc::kScatter, arg("input"), arg("dim"), arg("index"), arg("src"),
          arg("reduce") = "set", arg("inplace") = false);
    m.def("scatter_backward", &scatter_backward, doc::kScatterBackward, arg("dy"), arg("dim"),
          arg("index"));
    m.def("index_reduce", &index_reduce, doc::kIndexReduce, arg("input"), arg("dim"), arg("index"),
          arg("source"), arg("reduce") = "copy", arg("alpha") = 1.0, arg("inplace") = false);
    m.def("index_reduce_backward", &index_reduce_backward, doc::kIndexReduceBackward, arg("dy"),
          arg("dim"), arg("index"));
    m.def("index_put", &index_put, doc::kIndexPut, arg("input"), arg("ids"), arg("values"),
          arg("accumulate") = false, arg("inplace") = false);
    m.def("index_put_backward", &index_put_backward, doc::kIndexPutBackward, arg("dy"), arg("ids"),
          arg("inplace") = false);
}

}  // namespace fastnn::bind
