// The docstrings of elements of some rank.
#pragma once

namespace fastnn::median::doc {

constexpr char kMedian[] =
    R"(Finds the median along an axis, the lower of two middle numbers or the first NaN, and its index.

input : float, int32, int64, uint8 or bool (...)
dim : int; the axis
Returns (values, indices) : as input and int64, both (...), where the axis has size 1.

>>> kernels.median(np.array([4.0, 1.0, 3.0, 9.0]), 0)
(array([3.]), array([2])))";

constexpr char kNanmedian[] =
    R"(Finds the median of what is not NaN along an axis, and its index.

input : float, int32, int64, uint8 or bool (...)
dim : int; the axis
Returns (values, indices) : as input and int64, both (...), where the axis has size 1.

>>> kernels.nanmedian(np.array([4.0, np.nan, 3.0, 9.0]), 0)
(array([4.]), array([0])))";

constexpr char kKthvalue[] =
    R"(Finds the k-th smallest element along an axis, and the index of the first equal to it.

input : float, int32, int64, uint8 or bool (...); NaN counts as the largest number
k : int; from 1
dim : int; the axis
Returns (values, indices) : as input and int64, both (...), where the axis has size 1.

>>> kernels.kthvalue(np.array([4.0, 1.0, 3.0, 9.0]), 2, 0)
(array([3.]), array([2])))";

}  // namespace fastnn::median::doc
