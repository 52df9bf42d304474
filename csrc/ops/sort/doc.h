// The docstrings of sorting and of what it finds.
#pragma once

namespace fastnn::sorting::doc {

constexpr char kSort[] =
    R"(Sorts along an axis, equal elements in their own order; NaN counts as the largest number.

input : float, int32, int64, uint8 or bool (...)
dim : int; the axis
descending : bool = False; the largest first
Returns (values, indices) : as input and int64, both (...).

>>> kernels.sort(np.array([3.0, 1.0, 2.0]), 0)
(array([1., 2., 3.]), array([1, 2, 0])))";

constexpr char kArgsort[] =
    R"(Finds the order of the elements along an axis: the indices of `sort`.

input : float, int32, int64, uint8 or bool (...)
dim : int; the axis
descending : bool = False; the largest first
Returns indices : int64 (...).

>>> kernels.argsort(np.array([3.0, 1.0, 2.0]), 0)
array([1, 2, 0]))";

constexpr char kTop[] =
    R"(Finds the k smallest or largest elements along an axis; of equal ones the first.

input : float, int32, int64, uint8 or bool (...)
k : int; how many
dim : int; the axis
largest : bool = True; the largest ones
in_order : bool = True; sorted, not in any order
Returns (values, indices) : as input and int64, both (...), where the axis has size k.

>>> kernels.topk(np.array([3.0, 1.0, 2.0]), 2, 0)
(array([3., 2.]), array([0, 2])))";

constexpr char kMode[] =
    R"(Finds the most frequent element along an axis, the smallest of them, and its last index.

input : float, int32, int64, uint8 or bool (...)
dim : int; the axis
Returns (values, indices) : as input and int64, both (...), where the axis has size 1.

>>> kernels.mode(np.array([2.0, 1.0, 2.0]), 0)
(array([2.]), array([2])))";

constexpr char kSortBackward[] =
    R"(Computes the gradient of `sort` and `topk`: dx[indices[i]] = dy[i], and 0 elsewhere.

dy : float (...)
indices : int64, the shape of dy; none twice along the axis
dim : int; the axis
size : int; the size of that axis of x
Returns dx : float (...), where the axis has this size.

>>> kernels.sort_backward(np.array([1.0, 2.0]), np.array([2, 0]), 0, 3)
array([2., 0., 1.]))";

constexpr char kUnique[] =
    R"(Finds the different rows, the first of those that are equal; NaN is equal to nothing.

input : float, int32, int64, uint8 or bool (N, M)
sorted : bool = True; in lexicographic order; or else rows that differ from the row before
return_inverse : bool = False
return_counts : bool = False
Returns (values, inverse, counts) : as input (U, M); int64 (N), where each row is among the values;
int64 (U), how many are equal to each. None where they are not wanted.

>>> kernels.unique(np.array([[2], [1], [2]]), return_inverse=True)[1]
array([1, 0, 1]))";

}  // namespace fastnn::sorting::doc
