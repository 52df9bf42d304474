"""More ways to put tensors together: beside each other, as blocks, in all combinations."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..autograd.record import Array, Grads, Node, array, record
from ..tensor import Tensor, TensorLike
from .elementwise.power import pow
from .index.slices import index_select
from .join.concatenate import cat, common_type, meshgrid, several, stack, vstack
from .shape import expand, ravel, reshape, shape_of, unsqueeze

__all__ = [
    "atleast_1d",
    "atleast_2d",
    "atleast_3d",
    "block_diag",
    "broadcast_tensors",
    "cartesian_prod",
    "column_stack",
    "combinations",
    "dstack",
    "row_stack",
    "vander",
]


def with_dims(op: str, tensors: tuple[Any, ...], ndim: int) -> Any:
    """One tensor, or a tuple of several, each with at least so many dimensions."""
    if len(tensors) == 1 and isinstance(tensors[0], (list, tuple)):
        return tuple([raised(x, ndim) for x in tensors[0]])
    if not tensors:
        raise TypeError(f"{op}: expected at least one tensor, got none")
    results = tuple([raised(x, ndim) for x in tensors])
    return results[0] if len(results) == 1 else results


def raised(x: TensorLike, ndim: int) -> Tensor:
    shape = array(x).shape
    if len(shape) >= ndim and isinstance(x, Tensor):
        return x
    if len(shape) < ndim:
        shape = (1,) * (min(ndim, 2) - len(shape)) + shape + (1,) * (ndim - max(len(shape), 2))
    return reshape(x, shape)


def atleast_1d(*tensors: Any) -> Any:
    """Tensors with at least one dimension: 0-d ones become vectors of one element.

    Parameters
    ----------
    tensors
        One tensor, several, or a list of them.

    Returns
    -------
    Tensor or tuple of Tensors
        One for each.

    Examples
    --------
    >>> fastnn.atleast_1d(fastnn.tensor(1.0))
    tensor([1.])
    """
    return with_dims("atleast_1d", tensors, 1)


def atleast_2d(*tensors: Any) -> Any:
    """Tensors with at least two dimensions: vectors become rows.

    Arguments and result are those of `atleast_1d`.

    Examples
    --------
    >>> fastnn.atleast_2d(fastnn.zeros(3)).shape
    (1, 3)
    """
    return with_dims("atleast_2d", tensors, 2)


def atleast_3d(*tensors: Any) -> Any:
    """Tensors with at least three dimensions: (N,) becomes (1, N, 1), (M, N) becomes (M, N, 1).

    Arguments and result are those of `atleast_1d`.

    Examples
    --------
    >>> fastnn.atleast_3d(fastnn.zeros(3)).shape
    (1, 3, 1)
    """
    return with_dims("atleast_3d", tensors, 3)


def column_stack(tensors: Sequence[TensorLike]) -> Tensor:
    """Vectors as the columns of a matrix, between matrices as they are.

    Examples
    --------
    >>> fastnn.column_stack([fastnn.ones(2), fastnn.zeros(2, 2)])
    tensor([[1., 0., 0.],
            [1., 0., 0.]])
    """
    inputs = several("column_stack", tensors)
    return cat([reshape(x, -1, 1) if array(x).ndim < 2 else x for x in inputs], 1)


def dstack(tensors: Sequence[TensorLike]) -> Tensor:
    """Tensors behind each other: along the third dimension, which they get if they have none.

    Examples
    --------
    >>> fastnn.dstack([fastnn.ones(2), fastnn.zeros(2)]).tolist()
    [[[1.0, 0.0], [1.0, 0.0]]]
    """
    return cat([raised(x, 3) for x in several("dstack", tensors)], 2)


def block_diag(*tensors: TensorLike) -> Tensor:
    """Matrices along the diagonal of one that is zero elsewhere.

    Parameters
    ----------
    tensors
        Of at most two dimensions: a number is (1, 1), a vector a row.

    Examples
    --------
    >>> fastnn.block_diag(fastnn.ones(1, 2), fastnn.ones(1, 1))
    tensor([[1., 1., 0.],
            [0., 0., 1.]])
    """
    if not tensors:
        return reshape(np.zeros(0, np.float32), 1, 0)
    for i, x in enumerate(tensors):
        if array(x).ndim > 2:
            raise ValueError(
                f"block_diag: tensors must have at most 2 dimensions, tensor {i} has shape "
                f"{array(x).shape}"
            )
    inputs = tuple([raised(x, 2) for x in tensors])
    xs = [x._array for x in inputs]
    y = np.zeros((sum_of(xs, 0), sum_of(xs, 1)), common_type(xs))
    for part, x in zip(blocks(y, [x.shape for x in xs]), xs):
        part[...] = x
    return record(y, block_diag_backward, inputs, [(x.shape, x.dtype) for x in xs])


def block_diag_backward(node: Node, dy: Array) -> Grads:
    (kinds,) = node.saved
    parts = blocks(dy, [shape for shape, _ in kinds])
    return [part.astype(dtype, copy=False) for part, (_, dtype) in zip(parts, kinds)]


def sum_of(xs: list[Array], axis: int) -> int:
    return sum([x.shape[axis] for x in xs])


def blocks(y: Array, shapes: list[tuple[int, ...]]) -> list[Array]:
    """Views of the blocks on the diagonal."""
    row = column = 0
    parts = []
    for m, n in shapes:
        parts.append(y[row : row + m, column : column + n])
        row, column = row + m, column + n
    return parts


def broadcast_tensors(*tensors: Any) -> tuple[Tensor, ...]:
    """Tensors seen in the shape to which they broadcast together.

    Examples
    --------
    >>> [x.shape for x in fastnn.broadcast_tensors(fastnn.ones(2, 1), fastnn.ones(3))]
    [(2, 3), (2, 3)]
    """
    inputs = shape_of(tensors)
    shapes = [array(x).shape for x in inputs]
    try:
        shape = np.broadcast_shapes(*shapes)
    except ValueError:
        raise ValueError(f"broadcast_tensors: shapes {shapes} do not broadcast") from None
    return tuple([expand(x, shape) for x in inputs])


def cartesian_prod(*tensors: Any) -> Tensor:
    """All combinations of one element of each vector.

    Parameters
    ----------
    tensors
        Vectors of one type.

    Returns
    -------
    Tensor
        (combinations, vectors), the last vector running fastest; one vector comes out as it is.

    Examples
    --------
    >>> fastnn.cartesian_prod(fastnn.tensor([1, 2]), fastnn.tensor([3, 4])).tolist()
    [[1, 3], [1, 4], [2, 3], [2, 4]]
    """
    inputs = several("cartesian_prod", shape_of(tensors))
    for x in inputs:
        if array(x).ndim != 1:
            raise ValueError(f"cartesian_prod: tensors must be vectors, got shape {array(x).shape}")
    if len(inputs) == 1:
        return ravel(inputs[0])
    return stack([ravel(grid) for grid in meshgrid(*inputs)], 1)


def combinations(input: TensorLike, r: int = 2, with_replacement: bool = False) -> Tensor:
    """All combinations of `r` elements of a vector, in the order of their places.

    Parameters
    ----------
    input
        (N,)
    r
        How many, at least 1.
    with_replacement
        Whether an element may be taken again.

    Returns
    -------
    Tensor
        (combinations, r)

    Examples
    --------
    >>> fastnn.combinations(fastnn.tensor([1, 2, 3])).tolist()
    [[1, 2], [1, 3], [2, 3]]
    """
    x = array(input)
    if x.ndim != 1:
        raise ValueError(f"combinations: input must be a vector, got shape {x.shape}")
    if not hasattr(r, "__index__"):
        raise TypeError(f"combinations: r must be an integer, got {r!r}")
    if r < 1:
        raise ValueError(f"combinations: r must be at least 1, got {r}")
    choose = itertools.combinations_with_replacement if with_replacement else itertools.combinations
    flat = itertools.chain.from_iterable(choose(range(x.size), r))
    return reshape(index_select(input, 0, np.fromiter(flat, np.int64)), -1, r)


def vander(x: TensorLike, N: int | None = None, increasing: bool = False) -> Tensor:
    """Powers of the elements of a vector, as the rows of Vandermonde's matrix.

    Parameters
    ----------
    x
        (M,)
    N
        How many powers, by default M.
    increasing
        Whether they go up from 0 instead of down to it.

    Returns
    -------
    Tensor
        (M, N)

    Examples
    --------
    >>> fastnn.vander(fastnn.tensor([1.0, 2.0, 3.0]), 2).tolist()
    [[1.0, 1.0], [2.0, 1.0], [3.0, 1.0]]
    """
    v = array(x)
    if v.ndim != 1:
        raise ValueError(f"vander: x must be a vector, got shape {v.shape}")
    n = v.size if N is None else N
    if n < 0:
        raise ValueError(f"vander: N must not be negative, got {N}")
    powers = np.arange(n) if increasing else np.arange(n)[::-1]
    return pow(unsqueeze(x, 1), powers.astype(v.dtype) if v.dtype.kind == "f" else powers)


row_stack = vstack
