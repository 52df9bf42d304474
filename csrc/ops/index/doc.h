// The docstrings of indexing.
#pragma once

namespace fastnn::index::doc {

constexpr char kGather[] =
    R"(Takes elements along an axis: y[i, j] = input[i, index[i, j]] for dim 1 of two.

input : any type (...)
dim : int; the axis
index : int (...); as many dimensions as input, none but dim larger
Returns y : (...), the shape of index.

>>> kernels.gather(np.array([[1, 2], [3, 4]]), 1, np.array([[0, 0], [1, 0]]))
array([[1, 1],
       [4, 3]]))";

constexpr char kGatherBackward[] =
    R"(Computes the gradient of `gather`: zeros, to which dy is added in the places of index.

dy : float (...); the gradient of y
shape : int (...); of input
dim, index : int (...); as in `gather`
Returns dx : float, of that shape.

>>> kernels.gather_backward(np.ones((1, 3)), (1, 2), 1, np.array([[0, 0, 1]]))
array([[2., 1.]]))";

constexpr char kTakeAlongDim[] =
    R"(Takes elements along an axis, as `gather`; negative indices count from the end.

Input and indices are broadcast against each other outside dim.

input : any type (...)
indices : int (...)
dim : int; the axis
Returns y : (...).

>>> kernels.take_along_dim(np.array([[5, 6], [7, 8]]), np.array([[-1]]), 1)
array([[6],
       [8]]))";

constexpr char kTakeAlongDimBackward[] =
    R"(Computes the gradient of `take_along_dim`, where input was broadcast summed.

dy : float (...); the gradient of y
shape : int (...); of input
indices, dim : int (...); as in `take_along_dim`
Returns dx : float, of that shape.

>>> kernels.take_along_dim_backward(np.ones((2, 1)), (2, 2), np.array([[-1]]), 1)
array([[0., 1.],
       [0., 1.]]))";

constexpr char kIndexSelect[] = R"(Takes slices: y[i, k] = input[i, index[k]] for dim 1 of two.

input : any type (...)
dim : int; the axis
index : int (N)
Returns y : (...), with N in the place of the size of dim.

>>> kernels.index_select(np.arange(3.0), 0, np.array([2, 2]))
array([2., 2.]))";

constexpr char kIndexSelectBackward[] =
    R"(Computes the gradient of `index_select`: zeros, to which dy is added in the places of index.

dy : float (...); the gradient of y
shape : int (...); of input
dim, index : int (...); as in `index_select`
Returns dx : float, of that shape.

>>> kernels.index_select_backward(np.ones(2), (3,), 0, np.array([2, 2]))
array([0., 0., 2.]))";

constexpr char kIndex[] = R"(Takes elements at the places that arrays name, as NumPy's input[ids].

input : any type (...)
ids : a tuple of int (...) and None; an array for each indexed axis, broadcast against each other,
  None for an axis that is kept. Negative ids count from the end.
Returns y : (...). The axes of the arrays come in the place of the first, or in front of all where
kept axes lie between two arrays.

>>> kernels.index(np.arange(6).reshape(2, 3), (None, np.array([0, -1])))
array([[0, 2],
       [3, 5]]))";

constexpr char kIndexBackward[] =
    R"(Computes the gradient of `index`: zeros, to which dy is added in the places of ids.

dy : float (...); the gradient of y
shape : int (...); of input
ids : a tuple of int (...) and None; as in `index`
Returns dx : float, of that shape.

>>> kernels.index_backward(np.ones(3), (2,), (np.array([1, 1, -1]),))
array([0., 3.]))";

constexpr char kScatter[] =
    R"(Puts elements along an axis: y[i, index[i, j]] = src[i, j] for dim 1 of two, in this order.

input : any type (...)
dim : int; the axis
index : int (...); as many dimensions as input, none but dim larger
src : (...) or (); of the type of input and as large as index at least, or one value
reduce : str (...) = "set"; how src and what is there become one: "set", "add" or "sum", "prod",
  "amax" or "amin"
inplace : bool = False; whether y is input
Returns y : (...), the shape of input.

>>> kernels.scatter(np.zeros((1, 3)), 1, np.array([[2, 0]]), np.array([[5.0, 6.0]]))
array([[6., 0., 5.]]))";

constexpr char kScatterBackward[] =
    R"(Computes the gradients of `scatter` with "set": the last value in a place has its gradient.

dy : float (...); the gradient of y
dim, index : int (...); as in `scatter`
Returns dx : float (...), and dsrc : float (...), the shape of index.

>>> kernels.scatter_backward(np.array([1.0, 2.0]), 0, np.array([1, 1]))
(array([1., 0.]), array([0., 2.])))";

constexpr char kIndexReduce[] =
    R"(Puts slices along an axis: y[i, index[k]] = source[i, k] for dim 1 of two, in this order.

input : any type (...)
dim : int; the axis
index : int (N)
source : (...); of the type of input, with N in the place of the size of dim, or () for "fill"
reduce : str (...) = "copy"; how source and what is there become one: "copy", "fill", "add", "prod",
  "amax" or "amin"; "sum" is "add", and like "fill" takes one value. Ids of these may be negative
alpha : number = 1.0; the factor of source for "add"
inplace : bool = False; whether y is input
Returns y : (...), the shape of input.

>>> kernels.index_reduce(np.zeros(3), 0, np.array([0, 2, 0]), np.ones(3), "add")
array([2., 0., 1.]))";

constexpr char kIndexReduceBackward[] =
    R"(Computes the gradients of `index_reduce` with "copy": the last slice in a place has its gradient.

dy : float (...); the gradient of y
dim, index : int (...); as in `index_reduce`
Returns dx : float (...), and dsource : float (...).

>>> kernels.index_reduce_backward(np.array([1.0, 2.0]), 0, np.array([1, 1]))
(array([1., 0.]), array([0., 2.])))";

constexpr char kIndexPut[] =
    R"(Puts elements at the places that arrays name, as NumPy's input[ids] = values.

input : any type (...)
ids : a tuple of int (...) and None; as in `index`
values : (...); of the type of input, broadcast to the shape that `index` has
accumulate : bool = False; whether values are added
inplace : bool = False; whether y is input
Returns y : (...), the shape of input.

>>> kernels.index_put(np.zeros(3), (np.array([0, 0, -1]),), np.ones(()), accumulate=True)
array([2., 0., 1.]))";

constexpr char kIndexPutBackward[] =
    R"(Computes the gradients of `index_put`: the last value in a place has its gradient.

dy : float (...); the gradient of y
ids : a tuple of int (...) and None; as in `index`
inplace : bool = False; whether dx is dy
Returns dx : float (...), and dvalues : float (...), the shape that `index` has.

>>> kernels.index_put_backward(np.array([1.0, 2.0]), (np.array([1, 1]),))
(array([1., 0.]), array([0., 2.])))";

constexpr char kMaskedSelect[] = R"(Takes the elements where a mask is true, in C order.

input : any type (...)
mask : bool (...); input and mask are broadcast against each other
Returns y : (N).

>>> kernels.masked_select(np.arange(3), np.array([True, False, True]))
array([0, 2]))";

constexpr char kMaskedSelectBackward[] =
    R"(Computes the gradient of `masked_select`: dy where mask is true, else 0.

dy : float (N); the gradient of y
mask : bool (...)
shape : int (...); of input and mask together
Returns dx : float, of that shape.

>>> kernels.masked_select_backward(np.ones(2), np.array([True, False, True]), (3,))
array([1., 0., 1.]))";

constexpr char kMaskedScatter[] = R"(Puts the elements of source where a mask is true, in C order.

input : any type (...)
mask : bool (...); broadcast to input
source : (N); of the type of input, as many elements as mask has true ones at least
inplace : bool = False; whether y is input
exact : bool = False; whether source may have no other elements
Returns y : (...), the shape of input.

>>> kernels.masked_scatter(np.zeros(3), np.array([True, False, True]), np.array([5.0, 6.0]))
array([5., 0., 6.]))";

constexpr char kMaskedFill[] = R"(Puts one value where a mask is true: y = value if mask else input.

input : any type (...)
mask : bool (...); input and mask are broadcast against each other
value : (); of the type of input
inplace : bool = False; whether y is input
Returns y : (...).

>>> kernels.masked_fill(np.zeros(3), np.array([True, False, True]), np.array(9.0))
array([9., 0., 9.]))";

constexpr char kNonzero[] = R"(Finds the places of elements that are not 0, in C order.

input : any type (...)
columns : bool = False; whether y has a row for each axis, not for each element
Returns y : int64 (N, D), or (D, N) with columns; D is the number of axes.

>>> kernels.nonzero(np.eye(2))
array([[0, 0],
       [1, 1]]))";

}  // namespace fastnn::index::doc
