"""Tensors put together along a dimension."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ... import _core
from ...autograd.record import Array, Grads, Node, array, record
from ...dtypes import promote_types
from ...tensor import Tensor, TensorLike
from ..numpy_names import numpy_names
from ..shape import axis_of, expand, key_at, reshape, shape_of, transpose

__all__ = ["cat", "concat", "concatenate", "hstack", "meshgrid", "stack", "vstack"]


def several(op: str, tensors: Any) -> tuple[Any, ...]:
    """A sequence of tensors, not empty."""
    if isinstance(tensors, (Tensor, np.ndarray)):
        raise TypeError(f"{op}: tensors must be a list or tuple, got one {type(tensors).__name__}")
    result = tuple(tensors)
    if not result:
        raise ValueError(f"{op}: expected at least one tensor, got none")
    return result


@numpy_names
def cat(tensors: Sequence[TensorLike], dim: int = 0) -> Tensor:
    """Tensors one after the other along a dimension they have.

    Parameters
    ----------
    tensors
        Tensors of the same shape except in `dim`; those of shape (0,) add nothing. Their types are
        promoted as by `result_type`.
    dim
        The dimension.

    Examples
    --------
    >>> fastnn.cat([fastnn.ones(1, 2), fastnn.zeros(2, 2)])
    tensor([[1., 1.],
            [0., 0.],
            [0., 0.]])
    """
    inputs = several("cat", tensors)
    xs = [array(x) for x in inputs]
    parts = [(x.shape, x.dtype) for x in xs]
    alike = parts.count(parts[0]) == len(parts)  # as nearly always: then they fit as they are
    if not alike:
        xs = cast(xs, common_type(xs))
        full = [i for i, (shape, _) in enumerate(parts) if shape != (0,)] or [0]
        inputs = tuple([inputs[i] for i in full])
        xs, parts = [xs[i] for i in full], [parts[i] for i in full]
    first = parts[0][0]
    if not first:
        raise ValueError("cat: 0-d tensors have no dimension to join; use stack")
    axis = axis_of("cat", dim, len(first))
    if not alike:
        for i, (shape, _) in enumerate(parts):
            if rest(shape, axis) != rest(first, axis):
                raise ValueError(
                    f"cat: tensors must agree in all dimensions but {axis}; tensor 0 has shape "
                    f"{first}, tensor {i} has {shape}"
                )
    return record(_core.cat(xs, axis), cat_backward, inputs, axis, parts)


def common_type(xs: list[Array]) -> np.dtype[Any]:
    """The type in which arrays are joined: 0-d ones count as others do."""
    dtype = xs[0].dtype
    for x in xs:
        if x.dtype is not dtype and x.dtype != dtype:
            dtype = promote_types(dtype, x.dtype)
    return dtype


def cast(xs: list[Array], dtype: np.dtype[Any]) -> list[Array]:
    return [x if x.dtype is dtype else x.astype(dtype, copy=False) for x in xs]


def rest(shape: tuple[int, ...], axis: int) -> tuple[int, ...]:
    return (len(shape), *shape[:axis], *shape[axis + 1 :])


def cat_backward(node: Node, dy: Array) -> Grads:
    axis, parts = node.saved
    grads, start = [], 0
    for shape, dtype in parts:
        end = start + shape[axis]
        grads.append(dy[key_at(axis, slice(start, end))].astype(dtype, copy=False))
        start = end
    return grads


concat = concatenate = cat


@numpy_names
def stack(tensors: Sequence[TensorLike], dim: int = 0) -> Tensor:
    """Tensors of one shape along a new dimension.

    Examples
    --------
    >>> fastnn.stack([fastnn.zeros(3), fastnn.ones(3)], dim=1).shape
    (3, 2)
    """
    inputs = several("stack", tensors)
    xs = [array(x) for x in inputs]
    parts = [(x.shape, x.dtype) for x in xs]
    first = parts[0][0]
    axis = axis_of("stack", dim, len(first) + 1)
    if parts.count(parts[0]) < len(parts):
        for i, (shape, _) in enumerate(parts):
            if shape != first:
                raise ValueError(
                    f"stack: tensors must have one shape; tensor 0 has {first}, tensor {i} has "
                    f"{shape}"
                )
        xs = cast(xs, common_type(xs))
    return record(_core.stack(xs, axis), stack_backward, inputs, axis, parts)


def stack_backward(node: Node, dy: Array) -> Grads:
    axis, parts = node.saved
    return [dy[key_at(axis, i)].astype(t, copy=False) for i, (_, t) in enumerate(parts)]


def hstack(tensors: Sequence[TensorLike]) -> Tensor:
    """Tensors side by side: along dimension 1, vectors along 0."""
    inputs = several("hstack", tensors)
    inputs = tuple([reshape(x, 1) if array(x).ndim == 0 else x for x in inputs])
    return cat(inputs, 0 if array(inputs[0]).ndim == 1 else 1)


def vstack(tensors: Sequence[TensorLike]) -> Tensor:
    """Tensors one below the other: along dimension 0, vectors as rows."""
    inputs = several("vstack", tensors)
    return cat(tuple([reshape(x, 1, -1) if array(x).ndim < 2 else x for x in inputs]))


def meshgrid(*tensors: Any, indexing: str = "ij") -> tuple[Tensor, ...]:
    """Coordinates of a grid: each vector along its own dimension, expanded to all.

    Examples
    --------
    >>> rows, columns = fastnn.meshgrid(fastnn.arange(2), fastnn.arange(3))
    >>> rows.tolist()
    [[0, 0, 0], [1, 1, 1]]
    """
    if indexing not in ("ij", "xy"):
        raise ValueError(f"meshgrid: indexing must be 'ij' or 'xy', got {indexing!r}")
    inputs = shape_of(tensors)
    types = {array(x).dtype for x in inputs}
    if len(types) > 1:
        raise TypeError(f"meshgrid: tensors must have one type, got {sorted(map(str, types))}")
    shape = tuple([array(x).size for x in inputs])
    grids = []
    for i, x in enumerate(inputs):
        grid = expand(reshape(x, (1,) * i + (-1,) + (1,) * (len(shape) - i - 1)), shape)
        grids.append(transpose(grid, 0, 1) if indexing == "xy" and len(shape) > 1 else grid)
    return tuple(grids)
