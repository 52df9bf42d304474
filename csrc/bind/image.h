// Arrays of images: shapes as in PyTorch, (N, C, spatial...), or (C, spatial...) for one of them;
// memory channels-last, dense in the order (N, spatial..., C). Convolutions and poolings take any
// strides and return this order.
#pragma once

#include "bind/array.h"

namespace fastnn::bind {

// `axes`: how many of the last axes are spatial. Only strides of axes longer than 1 matter, so that
// an image of one channel, or of one pixel, is in this order as well as in C order.
bool is_channels_last(const Array& a, int axes);

// The array, of aligned floats, where it is in this order, or a copy that is.
Array channels_last(const Array& a, int axes, py::object& hold);

// A new array in this order, from the pool.
py::object empty_channels_last(Dtype dtype, int ndim, const Py_ssize_t* shape, int axes);

}  // namespace fastnn::bind
