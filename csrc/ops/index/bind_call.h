// How the bindings of this family describe a call: arrays of any type, and the axes of Args.
#pragma once

#include <cstddef>

#include "bind/arguments.h"
#include "bind/array.h"
#include "ops/index/index.h"

namespace fastnn::bind::indexing {

using index::Args;
using index::Place;

// A view of an array of any type whose elements are moved as they are. The dtype is set where
// kernels have it.
struct Operand : Array {
    int bytes = 0;  // of an element
    int type_num = 0;
    bool known = false;  // whether `dtype` is set
    py::object hold;     // the array that was made in the place of one that is not aligned
};

Operand operand(py::handle object, Name name);
Operand integers(py::handle object, Name name);
Operand booleans(py::handle object, Name name);
// The same with one axis at least: numbers count as arrays of one element.
void add_axis(Operand& a);

inline int dims_of(py::handle array) {
    return py::detail::array_proxy(array.ptr())->nd;
}
// Whether kernels combine elements of this type.
inline bool is_added(const Operand& a) {
    return a.known && a.dtype != Dtype::u8 && a.dtype != Dtype::b8;
}
// Strides of values of the type of `a` in C order. Returns how many bytes they have.
Py_ssize_t dense_strides(const Operand& a, int ndim, const Py_ssize_t* shape, Py_ssize_t* strides);

// New arrays of the type of `like`.
py::object empty_of(py::handle like, int ndim, const Py_ssize_t* shape,
                    const Py_ssize_t* strides = nullptr);

// An axis counted from the front; `dims` is never 0.
int axis_in(dim_t dim, const char* op, int dims);
// A dimension as a number. Its conversion may run code of the caller that changes arrays, so it
// comes before anything looks at these.
dim_t parse_dim(py::handle dim, const char* op);

// A tuple of sizes as a shape.
struct Shape {
    int ndim;
    Py_ssize_t sizes[kMaxDims];
};
Shape parse_shape(py::handle shape, Name name);

// Strides of `a` seen with `shape`, 0 along which it is broadcast; false where it does not fit.
bool broadcast(const Array& a, int ndim, const Py_ssize_t* shape, Py_ssize_t* strides);

// The table that a call writes: the array itself, or a copy that the call makes, or zeros.
struct Table {
    Operand array;
    py::object result;
    py::handle source;  // owns what it is copied from
    const char* initial = nullptr;
    dim_t initial_bytes = 0;
};
Table changed_table(const Operand& input, const char* op, bool inplace);
Table zero_table(const Operand& like, const Shape& shape);

// In one block of memory, whatever the order of its axes.
bool is_block(const Operand& a);
// A new array of the type of `like`, as an operand.
Operand made_operand(const py::object& array, const Operand& like);

// Args with no axes yet.
Args begin(const Operand& table);
void use(Args& args, const Table& table);
inline void add_axis(Args& args, dim_t extent, dim_t table, dim_t value, dim_t id) {
    const int i = args.axes++;
    args.extent[i] = extent, args.table_stride[i] = table;
    args.value_stride[i] = value, args.id_stride[i] = id;
}

// Index arrays made one array of places: the first as it is if it is the only one and has int64,
// else offsets in bytes of the table.
struct Source {
    const Operand* ids;
    Place where;
    dim_t size, step;
};
struct Places {
    index::Ids ids;
    Place where;
    Py_ssize_t strides[kMaxDims];  // of `shape`
    py::object hold;
    py::handle owner;
};
Places places(const Source* sources, std::size_t count, int ndim, const Py_ssize_t* shape,
              bool wraps);

// `a` itself, or a copy where it may overlap what is written.
void separate(Operand& a, const Table& table, bool inplace);
// Values have the type of the table.
void check_type(const Operand& values, Name name, const Operand& table);

}  // namespace fastnn::bind::indexing
