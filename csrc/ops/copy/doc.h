// The docstrings of copies.
#pragma once

namespace fastnn::copy::doc {

constexpr char kEmptyLike[] =
    R"(Makes an array of the dtype of another, of a shape if one is given, with undefined contents.

input : any array (...)
shape : tuple of int, or None for the shape of input
Returns y : array of this shape, its axes in memory in the order of those of input where there are
as many of them, else in C order.

>>> kernels.empty_like(np.zeros((2, 3)), (3,)).shape
(3,))";

constexpr char kAstype[] =
    R"(Copies an array into the dtype of another, with its axes in memory in the same order.

Floats that no integer of the dtype equals, after the part behind the point is cut off, give what
NumPy gives on this machine.

input : any array (...)
like : any array
Returns y : array of the dtype of like.

>>> kernels.astype(np.array([1.7, -1.7]), np.empty(0, np.int64))
array([ 1, -1]))";

constexpr char kCopyInto[] =
    R"(Copies one array into another: to[...] = source, with NumPy's broadcasting.

to : any array (...), writable
source : any array that broadcasts to the shape of `to`; elements are converted
Returns None.

>>> y = np.zeros((2, 2))
>>> kernels.copy_into(y, np.array([1.0, 2.0]))
>>> y
array([[1., 2.],
       [1., 2.]]))";

constexpr char kClone[] = R"(Copies an array.

input : any array (...)
contiguous : bool; in C order, else with axes in memory in the order of the input
Returns y : array like input.

>>> kernels.clone(np.array([1.0, 2.0]))
array([1., 2.]))";

constexpr char kReshape[] =
    R"(Gives the elements of an array, in C order, another shape: a view where there is one, else a copy.

input : any array (...)
shape : tuple of int; one may be -1 and follows from the others
Returns y : array of this shape.

>>> kernels.reshape(np.zeros((2, 3)).T, (-1,)).shape
(6,))";

constexpr char kCat[] = R"(Copies arrays one behind the other along an axis.

tensors : list or tuple of arrays (...) of one dtype and of one shape but for this axis
dim : int; the axis
Returns y : array (...), its axes in memory in the order of those of the first.

>>> kernels.cat([np.zeros(2), np.ones(1)], 0)
array([0., 0., 1.]))";

constexpr char kStack[] = R"(Copies arrays of one shape along a new axis.

tensors : list or tuple of arrays (...) of one dtype and shape
dim : int; the place of the new axis
Returns y : array (..., count, ...).

>>> kernels.stack([np.zeros(2), np.ones(2)], 1)
array([[0., 1.],
       [0., 1.]]))";

constexpr char kTril[] =
    R"(Copies matrices with zeros above a diagonal: y[i, j] = x[i, j] for j - i <= diagonal.

input : any array (..., M, N); x
diagonal : int
Returns y : array like input.

>>> kernels.tril(np.ones((2, 2)), 0)
array([[1., 0.],
       [1., 1.]]))";

constexpr char kTriu[] =
    R"(Copies matrices with zeros below a diagonal: y[i, j] = x[i, j] for j - i >= diagonal.

input : any array (..., M, N); x
diagonal : int
Returns y : array like input.

>>> kernels.triu(np.ones((2, 2)), 0)
array([[1., 1.],
       [0., 1.]]))";

}  // namespace fastnn::copy::doc
