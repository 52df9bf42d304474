// The docstring of the median.
#pragma once

namespace fastnn::median::doc {

constexpr char kMedian[] =
    R"(Finds the median along an axis, the lower of two middle numbers or the first NaN, and its index.

input : float (...)
dim : int; the axis
Returns (values, indices) : float and int64 (...), where the axis has size 1.

>>> kernels.median(np.array([4.0, 1.0, 3.0, 9.0]), 0)
(array([3.]), array([2])))";

}  // namespace fastnn::median::doc
