"""Products of matrices, vectors and batches of matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import _core
from ..autograd.changes import read_for
from ..autograd.record import Array, Grads, Node, array, record, unbroadcast
from ..dtypes import check_same
from ..tensor import Tensor, TensorLike
from .elementwise.operands import fit

__all__ = ["bmm", "dot", "matmul", "mm", "mv", "outer", "spmm"]


def product(a: Array, b: Array) -> Array:
    """``a @ b`` of arrays of one type; integers go through NumPy."""
    if a.dtype != b.dtype:
        check_same("matmul", input=a, other=b)
    if a.dtype.kind in "iub":
        return np.asarray(np.matmul(a, b))
    return _core.matmul(a, b)


def matmul(input: TensorLike, other: TensorLike) -> Tensor:
    """Matrix product, over batches too: y[..., i, j] = Σₖ input[..., i, k] · other[..., k, j].

    Parameters
    ----------
    input
        (..., M, K), or (K,), which counts as one row.
    other
        (..., K, N), or (K,), which counts as one column. The leading dimensions of both are
        broadcast against each other.

    Returns
    -------
    Tensor
        (..., M, N), without M or N where that side was one-dimensional.

    Raises
    ------
    TypeError
        Where the types differ: products of matrices do not promote them, as in PyTorch.
    ValueError
        Where K differs, the batch dimensions do not broadcast, or an argument has no dimension.

    Examples
    --------
    >>> a = fastnn.tensor([[1.0, 2.0], [3.0, 4.0]])
    >>> fastnn.matmul(a, fastnn.tensor([1.0, 1.0]))
    tensor([3., 7.])
    >>> (fastnn.ones(5, 2, 3) @ fastnn.ones(3, 4)).shape
    (5, 2, 4)
    """
    a, b = array(input), array(other)
    return record(product(a, b), matmul_backward, (input, other), a, b)


@read_for((1,), (0,))
def matmul_backward(node: Node, dy: Array) -> Grads:
    a, b = node.saved
    da = db = None
    if a.ndim == 2 and b.ndim == 2:
        if node.needs[0]:
            da = product(dy, b.T)
        if node.needs[1]:
            db = product(a.T, dy)
    else:
        # Vectors as matrices, and dy to fit.
        x = a[None, :] if a.ndim == 1 else a
        w = b[:, None] if b.ndim == 1 else b
        if a.ndim == 1:
            dy = dy[..., None, :] if b.ndim > 1 else dy[..., None, None]
        elif b.ndim == 1:
            dy = dy[..., None]
        if node.needs[0]:
            da = left_gradient(dy, w, x.shape).reshape(a.shape)
        if node.needs[1]:
            db = right_gradient(dy, x, w.shape).reshape(b.shape)
    return da, db


def left_gradient(dy: Array, w: Array, shape: tuple[int, ...]) -> Array:
    """dy · wᵀ, summed over the batch dimensions that the left factor did not have."""
    if len(shape) == 2 and dy.ndim > 2 and dy.shape[:-2] == w.shape[:-2]:
        # One product instead of one per item: the batch becomes part of the summed dimension.
        columns = np.moveaxis(dy, -2, 0).reshape(shape[0], -1)
        return product(columns, w.swapaxes(-1, -2).reshape(-1, shape[1]))
    return unbroadcast(product(dy, w.swapaxes(-1, -2)), shape)


def right_gradient(dy: Array, x: Array, shape: tuple[int, ...]) -> Array:
    """xᵀ · dy, summed over the batch dimensions that the right factor did not have."""
    if len(shape) == 2 and x.ndim > 2:
        return product(x.reshape(-1, x.shape[-1]).T, dy.reshape(-1, dy.shape[-1]))
    return unbroadcast(product(x.swapaxes(-1, -2), dy), shape)


def rmatmul(input: Tensor, other: TensorLike) -> Tensor:
    """``other @ input``, for operands on the left that are no tensors."""
    return matmul(other, input)


def checked(op: str, layouts: tuple[str, str], input: TensorLike, other: TensorLike) -> Any:
    """The arrays of an operation that wants exact ranks, such as ("(B, M, K)", "(B, K, N)")."""
    a, b = array(input), array(other)
    for name, x, layout in (("first", a, layouts[0]), ("second", b, layouts[1])):
        if x.ndim != layout.count(",") + (not layout.endswith(",)")):
            raise ValueError(f"{op}: the {name} argument must have shape {layout}, got {x.shape}")
    return a, b


def mm(input: TensorLike, mat2: TensorLike) -> Tensor:
    """Product of two matrices, (M, K) · (K, N).

    Examples
    --------
    >>> fastnn.mm(fastnn.ones(2, 3), fastnn.ones(3, 1)).tolist()
    [[3.0], [3.0]]
    """
    checked("mm", ("(M, K)", "(K, N)"), input, mat2)
    return matmul(input, mat2)


def spmm(input: TensorLike, mat2: TensorLike) -> Tensor:
    """`mm`, by the name that graph networks use: in PyTorch the first matrix may be sparse.

    Examples
    --------
    >>> fastnn.spmm(fastnn.eye(2), fastnn.ones(2, 1)).tolist()
    [[1.0], [1.0]]
    """
    return mm(input, mat2)


def bmm(input: TensorLike, mat2: TensorLike) -> Tensor:
    """Products of matrices pair by pair, (B, M, K) · (B, K, N), without broadcasting.

    Examples
    --------
    >>> fastnn.bmm(fastnn.ones(7, 2, 3), fastnn.ones(7, 3, 1)).shape
    (7, 2, 1)
    """
    a, b = checked("bmm", ("(B, M, K)", "(B, K, N)"), input, mat2)
    if a.shape[0] != b.shape[0]:
        raise ValueError(f"bmm: both arguments must have the same B, got {a.shape} and {b.shape}")
    return matmul(input, mat2)


def mv(input: TensorLike, vec: TensorLike) -> Tensor:
    """Matrix times vector, (M, K) · (K,).

    Examples
    --------
    >>> fastnn.mv(fastnn.ones(2, 3), fastnn.ones(3))
    tensor([3., 3.])
    """
    checked("mv", ("(M, K)", "(K,)"), input, vec)
    return matmul(input, vec)


def dot(input: TensorLike, tensor: TensorLike) -> Tensor:
    """Inner product of two vectors, (K,) · (K,).

    Examples
    --------
    >>> fastnn.dot(fastnn.tensor([1.0, 2.0]), fastnn.tensor([3.0, 4.0])).item()
    11.0
    """
    checked("dot", ("(K,)", "(K,)"), input, tensor)
    return matmul(input, tensor)


def outer(input: TensorLike, vec2: TensorLike) -> Tensor:
    """Outer product of two vectors: y[i, j] = input[i] · vec2[j].

    Examples
    --------
    >>> fastnn.outer(fastnn.tensor([1.0, 2.0]), fastnn.tensor([3.0, 4.0])).tolist()
    [[3.0, 4.0], [6.0, 8.0]]
    """
    a, b = checked("outer", ("(M,)", "(N,)"), input, vec2)
    return record(_core.mul(a[:, None], b[None, :]), outer_backward, (input, vec2), a, b)


@read_for((1,), (0,))
def outer_backward(node: Node, dy: Array) -> Grads:
    a, b = node.saved
    da = product(dy, b.astype(dy.dtype, copy=False)) if node.needs[0] else None
    db = product(a.astype(dy.dtype, copy=False), dy) if node.needs[1] else None
    return fit(da, a), fit(db, b)
