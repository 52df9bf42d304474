"""Matrices with given diagonals, and where triangles lie."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd.record import Array, Grads, Node, array, record
from ..dtypes import check_real
from ..tensor import Tensor, TensorLike
from .reduce.sums import sum
from .shape import axis_of, diagonal, ravel

__all__ = ["diag", "diag_embed", "diagflat", "trace", "tril_indices", "triu_indices"]


def diag_embed(input: TensorLike, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """Vectors as diagonals of matrices of zeros: the inverse of `diagonal`.

    Parameters
    ----------
    input
        (..., N): the last dimension becomes a diagonal.
    offset
        Which diagonal: above the main one where positive.
    dim1, dim2
        Where the two dimensions of the matrices are in the result.

    Returns
    -------
    Tensor
        With ``M = N + |offset|`` in both dimensions.

    Examples
    --------
    >>> fastnn.diag_embed(fastnn.tensor([1.0, 2.0]))
    tensor([[1., 0.],
            [0., 2.]])
    """
    x = array(input)
    check_real("diag_embed", x)
    if x.ndim == 0:
        raise ValueError("diag_embed: input must have at least one dimension, got a 0-d tensor")
    a = axis_of("diag_embed", dim1, x.ndim + 1, "dim1")
    b = axis_of("diag_embed", dim2, x.ndim + 1, "dim2")
    if a == b:
        raise ValueError(f"diag_embed: dim1 and dim2 must differ, got {dim1} and {dim2}")
    if not hasattr(offset, "__index__"):
        raise TypeError(f"diag_embed: offset must be an integer, got {offset!r}")
    offset = offset.__index__()
    size = x.shape[-1] + abs(offset)
    shape = list(x.shape[:-1])
    for axis in sorted((a, b)):
        shape.insert(axis, size)
    y = np.zeros(shape, x.dtype)
    line = y.diagonal(offset, a, b)
    line.flags.writeable = True
    line[...] = x
    return record(y, diag_embed_backward, (input,), offset, a, b)


def diag_embed_backward(node: Node, dy: Array) -> Grads:
    return (dy.diagonal(*node.saved),)


def diag(input: TensorLike, diagonal: int = 0) -> Tensor:
    """A matrix with this diagonal, or the diagonal of a matrix.

    Parameters
    ----------
    input
        A vector, or a matrix.
    diagonal
        Which diagonal: above the main one where positive.

    Examples
    --------
    >>> fastnn.diag(fastnn.tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor([1., 4.])
    >>> fastnn.diag(fastnn.tensor([1.0]), 1)
    tensor([[0., 1.],
            [0., 0.]])
    """
    ndim = array(input).ndim
    if ndim == 1:
        return diag_embed(input, diagonal)
    if ndim == 2:
        return diagonal_of(input, diagonal)
    raise ValueError(f"diag: input must be a vector or matrix, got {ndim} dimensions")


diagonal_of = diagonal


def diagflat(input: TensorLike, offset: int = 0) -> Tensor:
    """All elements as the diagonal of one matrix.

    Examples
    --------
    >>> fastnn.diagflat(fastnn.tensor([[1.0], [2.0]]))
    tensor([[1., 0.],
            [0., 2.]])
    """
    return diag_embed(ravel(input), offset)


def trace(input: TensorLike) -> Tensor:
    """Sum of the main diagonal of a matrix.

    Examples
    --------
    >>> fastnn.trace(fastnn.tensor([[1.0, 2.0], [3.0, 4.0]])).item()
    5.0
    """
    x = array(input)
    if x.ndim != 2:
        raise ValueError(f"trace: input must be a matrix, got shape {x.shape}")
    return sum(diagonal(input))


def triangle(op: str, row: Any, col: Any, offset: Any, dtype: Any) -> Tensor:
    sizes = {"row": row, "col": col, "offset": offset}
    for name, value in sizes.items():
        if not hasattr(value, "__index__"):
            raise TypeError(f"{op}: {name} must be an integer, got {value!r}")
        if name != "offset" and value < 0:
            raise ValueError(f"{op}: {name} must not be negative, got {value}")
    places = (
        np.tril_indices(row, offset, col) if op[:4] == "tril" else np.triu_indices(row, offset, col)
    )
    return Tensor(np.stack(places).astype(dtype, copy=False))


def tril_indices(
    row: int, col: int, offset: int = 0, *, dtype: Any = np.int64, device: Any = None
) -> Tensor:
    """Places of the elements on and below a diagonal, row by row.

    Parameters
    ----------
    row, col
        The size of the matrix.
    offset
        The diagonal: above the main one where positive.
    dtype
        An integer type.

    Returns
    -------
    Tensor
        (2, n): row numbers, and column numbers.

    Examples
    --------
    >>> fastnn.tril_indices(2, 2).tolist()
    [[0, 1, 1], [0, 0, 1]]
    """
    return triangle("tril_indices", row, col, offset, dtype)


def triu_indices(
    row: int, col: int, offset: int = 0, *, dtype: Any = np.int64, device: Any = None
) -> Tensor:
    """Places of the elements on and above a diagonal, row by row.

    Arguments and result are those of `tril_indices`.

    Examples
    --------
    >>> fastnn.triu_indices(2, 2).tolist()
    [[0, 0, 1], [0, 1, 1]]
    """
    return triangle("triu_indices", row, col, offset, dtype)
