"""Sorting, and the largest elements. Equal elements keep their order; NaN counts as the largest."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..autograd.record import Array, Grads, Node, array, record_many
from ..dtypes import check_real
from ..tensor import Tensor, TensorLike
from .numpy_names import numpy_names
from .shape import axis_of

__all__ = ["argsort", "sort", "topk"]


class Sorted(NamedTuple):
    """Values, and the positions they came from."""

    values: Tensor
    indices: Tensor


def order_of(x: Array, axis: int, descending: bool) -> Array:
    """Positions in sorted order, equal elements in their own order."""
    check_real("sort", x)
    if not descending:
        return np.argsort(x, axis, kind="stable")
    back: Array = np.argsort(np.flip(x, axis), axis, kind="stable")
    last: Array = np.asarray(x.shape[axis] - 1)
    return last - np.flip(back, axis)


@numpy_names
def sort(input: TensorLike, dim: int = -1, descending: bool = False, stable: bool = True) -> Sorted:
    """Elements in order along a dimension, and where they came from.

    Examples
    --------
    >>> values, indices = fastnn.sort(fastnn.tensor([3, 1, 2]))
    >>> values.tolist(), indices.tolist()
    ([1, 2, 3], [1, 2, 0])
    """
    x = array(input)
    if x.ndim == 0:
        x = x.reshape(1)
        values, indices = taken(input, x, np.zeros(1, np.int64), 0, ())
    else:
        axis = axis_of("sort", dim, x.ndim)
        values, indices = taken(input, x, order_of(x, axis, descending), axis, None)
    return Sorted(values, indices)


def taken(
    input: TensorLike, x: Array, order: Array, axis: int, shape: tuple[int, ...] | None
) -> tuple[Tensor, Tensor]:
    """The elements at `order` along `axis`, and `order`, as tensors."""
    y = np.take_along_axis(x, order, axis)
    if shape is not None:
        y, order = y.reshape(shape), order.reshape(shape)
    values, indices = record_many((y, order), taken_backward, (input,), x.shape, order, axis)
    return values, indices


def taken_backward(node: Node, dy: Array, _: None) -> Grads:
    shape, order, axis = node.saved
    if order.ndim == 0:
        return (dy,)
    dx = np.zeros(shape, dy.dtype)
    np.put_along_axis(dx, order, dy, axis)
    return (dx,)


@numpy_names
def argsort(
    input: TensorLike, dim: int = -1, descending: bool = False, stable: bool = True
) -> Tensor:
    """Positions of the elements in order along a dimension.

    Examples
    --------
    >>> fastnn.argsort(fastnn.tensor([3, 1, 2]), descending=True).tolist()
    [0, 2, 1]
    """
    x = array(input)
    if x.ndim == 0:
        return Tensor(np.zeros((), np.int64))
    return Tensor(order_of(x, axis_of("argsort", dim, x.ndim), descending))


@numpy_names
def topk(
    input: TensorLike, k: int, dim: int = -1, largest: bool = True, sorted: bool = True
) -> Sorted:
    """The `k` largest (or smallest) elements along a dimension, in order, and where they were.

    Examples
    --------
    >>> fastnn.topk(fastnn.tensor([3.0, 1.0, 2.0]), 2).values.tolist()
    [3.0, 2.0]
    """
    x = array(input)
    axis = axis_of("topk", dim, x.ndim or 1)
    size = x.shape[axis] if x.ndim else 1
    if not 0 <= k <= size:
        raise ValueError(f"topk: k must lie in [0, {size}], the size of dim {dim}, got {k}")
    if x.ndim == 0:
        return sort(input)
    if 0 < k < size // 4:
        check_real("topk", x)
        place = size - k if largest else k - 1
        part = np.argpartition(x, place, axis)
        part = np.take(part, range(size - k, size) if largest else range(k), axis)
        part.sort(axis)  # equal elements in their own order, as in a full sort
        inner = order_of(np.take_along_axis(x, part, axis), axis, largest)
        order = np.take_along_axis(part, inner, axis)
    else:
        order = np.take(order_of(x, axis, largest), range(k), axis)
    return Sorted(*taken(input, x, order, axis, None))
