// How index, table and values of an op lie to each other, as the axes of Args. Table and values may
// be either way round: what an op reads, its backward writes.
#pragma once

#include <vector>

#include "ops/index/bind_call.h"

namespace fastnn::bind::indexing {

// gather, scatter and take_along_dim: an index of as many dimensions as the table.
struct Along {
    const char* op;
    const char* argument;
    int axis;
    bool wraps;
    int ndim;  // of the values that are used: those of index, or broadcast
    Py_ssize_t shape[kMaxDims];
    Operand ids;  // with one axis at least

    // gather, scatter: none of the index's dimensions but `axis` is larger than the table's.
    Along(py::handle index, dim_t dim, const char* op, const Operand& table);
    // take_along_dim: index and table are broadcast against each other, but along `axis`.
    static Along broadcast(py::handle indices, dim_t dim, const char* op, const Operand& table);

    // Sets the axes; the result owns the places. `table` has one axis at least.
    Places align(Args& args, const Operand& table, const Py_ssize_t* value_strides) const;

 private:
    Along() = default;
};

// index_select, index_add and so on: the places of slices.
struct Slices {
    const char* op;
    int axis;
    bool wraps;
    Operand ids;  // of one dimension

    Slices(py::handle index, dim_t dim, const char* op, const Operand& table, bool wraps = false);
    // The shape of the slices.
    void shape_of(const Operand& table, Py_ssize_t* shape) const;
    Places align(Args& args, const Operand& table, const Py_ssize_t* value_strides) const;
};

// x[ids]: arrays for some dimensions, None for others.
struct Key {
    const char* op;
    std::vector<Operand> arrays;
    std::vector<int> axes;  // of the table, one for each array
    int ndim;               // of the arrays, broadcast
    Py_ssize_t shape[kMaxDims];
    int first;  // dimension of the values where those of the arrays begin

    Key(py::handle ids, const char* op, const Operand& table);
    int shape_of(const Operand& table, Py_ssize_t* shape) const;
    Places align(Args& args, const Operand& table, const Py_ssize_t* value_strides) const;

 private:
    std::vector<int> kept(const Operand& table) const;
};

}  // namespace fastnn::bind::indexing
