"""Taking and putting elements along a dimension, at places that a tensor names."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...autograd.record import Array, Grads, Node, array, record
from ...dtypes import check_same, element
from ...tensor import Tensor, TensorLike
from ..numpy_names import numpy_names
from ..shape import axis_of, broadcast_to, key_at, ravel
from .summed import summed_at

__all__ = ["gather", "index_add", "index_select", "scatter", "scatter_add", "take_along_dim"]


def positions(op: str, index: TensorLike, size: int, argument: str = "index") -> Array:
    """Integer positions from 0 up to but without `size`."""
    i = array(index)
    if i.dtype.kind not in "iu":
        raise TypeError(f"{op}: {argument} must hold integers, got {i.dtype}")
    if i.size and (i.min() < 0 or i.max() >= size):
        wrong = i.min() if i.min() < 0 else i.max()
        raise IndexError(f"{op}: {argument} must lie in [0, {size}), got {wrong}")
    return i


def along(index: Array, axis: int) -> tuple[Array, ...]:
    """The full index that follows `index` along `axis` and counts along the others."""
    grid: list[Any] = list(np.indices(index.shape, sparse=True))
    grid[axis] = np.ascontiguousarray(index)  # where places repeat, order in memory would count
    return tuple(grid)


def same_rank(op: str, x: Array, i: Array, axis: int) -> None:
    """`index` has as many dimensions as `input` and is nowhere larger, but along `axis`."""
    fits = i.ndim == x.ndim and all(
        n <= m for d, (n, m) in enumerate(zip(i.shape, x.shape)) if d != axis
    )
    if not fits:
        raise ValueError(
            f"{op}: index must have {x.ndim} dimensions, none but {axis} larger than in "
            f"{x.shape}, got shape {i.shape}"
        )


def gather(input: TensorLike, dim: int, index: TensorLike) -> Tensor:
    """``out[i][j][k] = input[i][index[i][j][k]][k]`` for ``dim`` 1 of three dimensions.

    Parameters
    ----------
    input
        Any shape.
    dim
        The dimension that `index` replaces.
    index
        Integers; as many dimensions as `input`, none but `dim` larger.

    Examples
    --------
    >>> x = fastnn.tensor([[1, 2], [3, 4]])
    >>> fastnn.gather(x, 1, fastnn.tensor([[0, 0], [1, 0]])).tolist()
    [[1, 1], [4, 3]]
    """
    x, i = array(input), array(index)
    axis = axis_of("gather", dim, x.ndim)
    same_rank("gather", x, i, axis)
    key = along(positions("gather", i, x.shape[axis]), axis)
    return record(x[key], along_backward, (input,), x.shape, key)


def along_backward(node: Node, dy: Array) -> Grads:
    shape, key = node.saved
    dx = np.zeros(shape, dy.dtype)
    np.add.at(dx, key, dy)
    return (dx,)


@numpy_names
def take_along_dim(input: TensorLike, indices: TensorLike, dim: int | None = None) -> Tensor:
    """As `gather`, with `input` and `indices` broadcast against each other outside `dim`.

    Examples
    --------
    >>> fastnn.take_along_dim(fastnn.tensor([[5, 6], [7, 8]]), fastnn.tensor([[1]]), 1).tolist()
    [[6], [8]]
    """
    x, i = array(input), array(indices)
    if dim is None:
        return gather(ravel(input), 0, i.reshape(-1))
    axis = axis_of("take_along_dim", dim, x.ndim)
    if i.ndim != x.ndim:
        raise ValueError(
            f"take_along_dim: indices must have {x.ndim} dimensions, got shape {i.shape}"
        )
    try:
        outer = np.broadcast_shapes(replace(x.shape, axis, 1), replace(i.shape, axis, 1))
    except ValueError:
        raise ValueError(
            f"take_along_dim: shapes {x.shape} and {i.shape} differ outside dim {dim}"
        ) from None
    wide = broadcast_to(input, replace(outer, axis, x.shape[axis]))
    return gather(wide, axis, np.broadcast_to(i, replace(outer, axis, i.shape[axis])))


def replace(shape: tuple[int, ...], axis: int, size: int) -> tuple[int, ...]:
    return (*shape[:axis], size, *shape[axis + 1 :])


def index_select(input: TensorLike, dim: int, index: TensorLike) -> Tensor:
    """The slices at given positions along a dimension.

    Examples
    --------
    >>> fastnn.index_select(fastnn.eye(3), 0, fastnn.tensor([2, 2])).tolist()
    [[0.0, 0.0, 1.0], [0.0, 0.0, 1.0]]
    """
    x, i = array(input), array(index)
    axis = axis_of("index_select", dim, x.ndim)
    if i.ndim > 1:
        raise ValueError(f"index_select: index must have one dimension, got shape {i.shape}")
    key = key_at(axis, positions("index_select", i, x.shape[axis]).reshape(-1))
    return record(x[key], index_select_backward, (input,), x.shape, key)


def index_select_backward(node: Node, dy: Array) -> Grads:
    shape, key = node.saved
    return (summed_at(shape, key, dy),)


def index_add(input: TensorLike, dim: int, index: TensorLike, source: TensorLike) -> Tensor:
    """`input` with the slices of `source` added at given positions along a dimension.

    Examples
    --------
    >>> fastnn.index_add(fastnn.zeros(3), 0, fastnn.tensor([0, 2, 0]), fastnn.ones(3)).tolist()
    [2.0, 0.0, 1.0]
    """
    x, i, s = array(input), array(index), array(source)
    check_same("index_add", input=x, source=s)
    axis = axis_of("index_add", dim, x.ndim)
    if i.ndim != 1 or s.shape != replace(x.shape, axis, i.size):
        raise ValueError(
            f"index_add: source must have shape {replace(x.shape, axis, i.size)}, got {s.shape}"
        )
    key = key_at(axis, positions("index_add", i, x.shape[axis]))
    y = x.copy()
    np.add.at(y, key, s)
    return record(y, scatter_add_backward, (input, source), key)


def scatter_add(input: TensorLike, dim: int, index: TensorLike, src: TensorLike) -> Tensor:
    """`input` with ``out[i][index[i][j]] += src[i][j]`` for ``dim`` 1 of two dimensions.

    Examples
    --------
    >>> i = fastnn.tensor([[0, 0, 1]])
    >>> fastnn.scatter_add(fastnn.zeros(1, 2), 1, i, fastnn.ones(1, 3)).tolist()
    [[2.0, 1.0]]
    """
    x, i, s = array(input), array(index), array(src)
    check_same("scatter_add", input=x, src=s)
    key, part = scatter_key("scatter_add", x, dim, i, s)
    y = x.copy()
    np.add.at(y, key, s[part])
    return record(y, scatter_add_backward, (input, src), key, s.shape, part)


def scatter_key(op: str, x: Array, dim: int, i: Array, s: Array) -> tuple[Any, Any]:
    """Where to put, and which part of `src` is used."""
    axis = axis_of(op, dim, x.ndim)
    same_rank(op, x, i, axis)
    if s.ndim != i.ndim or any(n > m for n, m in zip(i.shape, s.shape)):
        raise ValueError(f"{op}: src must be at least as large as index {i.shape}, got {s.shape}")
    key = along(positions(op, i, x.shape[axis]), axis)
    return key, tuple([slice(n) for n in i.shape])


def scatter_add_backward(node: Node, dy: Array) -> Grads:
    key, *source = node.saved
    return dy, source_gradient(dy[key], source) if node.needs[1] else None


def source_gradient(part: Array, source: list[Any]) -> Array:
    """The gradient of the used part of `src`, zeros around it."""
    if not source or source[0] == part.shape:
        return part
    shape, used = source
    ds = np.zeros(shape, part.dtype)
    ds[used] = part
    return ds


def scatter(input: TensorLike, dim: int, index: TensorLike, src: TensorLike) -> Tensor:
    """`input` with ``out[i][index[i][j]] = src[i][j]`` for ``dim`` 1 of two dimensions.

    Where several values meet in one place the last one stays, and gets the gradient.

    Examples
    --------
    >>> fastnn.scatter(fastnn.zeros(1, 3), 1, fastnn.tensor([[2]]), 5.0).tolist()
    [[0.0, 0.0, 5.0]]
    """
    x, i = array(input), array(index)
    number = isinstance(src, (bool, int, float))
    s = np.asarray(src) if number else array(src)
    if s.ndim == 0:
        value = np.asarray(element("scatter", s, x.dtype))
        src = broadcast_to(record(value, scalar_backward, (src,), s.dtype), i.shape)
        s = src._array
    check_same("scatter", input=x, src=s)
    key, part = scatter_key("scatter", x, dim, i, s)
    y = x.copy()
    y[key] = np.ascontiguousarray(s[part])
    return record(y, scatter_backward, (input, src), key, s.shape, part)


def scalar_backward(node: Node, dy: Array) -> Grads:
    return (dy.astype(node.saved[0], copy=False),)


def scatter_backward(node: Node, dy: Array) -> Grads:
    key, *source = node.saved
    dx = dy.copy()
    dx[key] = 0
    if not node.needs[1]:
        return dx, None
    last = np.full(dy.shape, -1)
    order = np.arange(key_size(key)).reshape(np.broadcast_shapes(*[np.shape(k) for k in key]))
    last[key] = order
    return dx, source_gradient(np.where(last[key] == order, dy[key], 0), source)


def key_size(key: tuple[Array, ...]) -> int:
    return int(np.prod(np.broadcast_shapes(*[np.shape(k) for k in key])))
