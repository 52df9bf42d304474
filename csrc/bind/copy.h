// Copies of arrays of any dtype, by kernels where they know it, else by NumPy.
#pragma once

#include "bind/array.h"
#include "ops/copy/copy.h"

namespace fastnn::bind {

// The memory order of an array: its axes from the slowest to the fastest.
struct Order {
    int ndim = 0;
    int axis[kMaxDims];
    Order() {}
    explicit Order(py::handle array);
    // Makes room for a new axis: outermost where it is the first, else around the one that follows
    // it.
    void insert(int new_axis);
};

// A new array of the dtype of `like`, dense in C order or with its axes in `order`. From the pool
// where kernels copy this dtype; contents are undefined.
py::object empty_as(py::handle like, int ndim, const Py_ssize_t* shape,
                    const Order* order = nullptr);

// The call of a kernel that copies `from` into `to` with NumPy's broadcasting. False where there is
// none for these types, or where the shapes do not fit.
bool fill_args(py::handle to, py::handle from, copy::Args& args);

}  // namespace fastnn::bind
