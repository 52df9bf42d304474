"""The same dimensions in another order, and diagonals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...autograd.record import Array, Grads, Node, array, record
from ...autograd.views import as_view
from ...tensor import Tensor, TensorLike
from ..copy import zeros_like
from .axes import axes_of, axis_of, shape_of

__all__ = [
    "adjoint",
    "diagonal",
    "moveaxis",
    "movedim",
    "permute",
    "swapaxes",
    "swapdims",
    "t",
    "transpose",
]


def permute(input: TensorLike, *dims: Any) -> Tensor:
    """The dimensions in another order.

    Examples
    --------
    >>> fastnn.permute(fastnn.zeros(2, 3, 4), 2, 0, 1).shape
    (4, 2, 3)
    """
    x = array(input)
    order = axes_of("permute", shape_of(dims), x.ndim)
    if len(order) != x.ndim:
        raise ValueError(f"permute: dims must name all {x.ndim} dimensions, got {shape_of(dims)}")
    return as_view(record(x.transpose(order), permute_backward, (input,), order), input)


def permute_backward(node: Node, dy: Array) -> Grads:
    (order,) = node.saved
    back = [0] * len(order)
    for i, axis in enumerate(order):
        back[axis] = i
    return (dy.transpose(back),)


def transpose(input: TensorLike, dim0: int, dim1: int) -> Tensor:
    """Two dimensions exchanged.

    Examples
    --------
    >>> fastnn.zeros(2, 3, 4).transpose(0, -1).shape
    (4, 3, 2)
    """
    x = array(input)
    n = x.ndim or 1  # of a 0-d tensor dimension 0 may be named, as in PyTorch
    a, b = axis_of("transpose", dim0, n, "dim0"), axis_of("transpose", dim1, n, "dim1")
    if x.ndim == 0:
        return as_view(record(x.view(), permute_backward, (input,), ()), input)
    return as_view(record(x.swapaxes(a, b), transpose_backward, (input,), a, b), input)


def transpose_backward(node: Node, dy: Array) -> Grads:
    a, b = node.saved
    return (dy.swapaxes(a, b),)


swapaxes = swapdims = transpose


def t(input: TensorLike) -> Tensor:
    """A matrix with its rows as columns; a vector as it is.

    Examples
    --------
    >>> fastnn.zeros(2, 3).t().shape
    (3, 2)
    """
    x = array(input)
    if x.ndim > 2:
        raise ValueError(f"t: input must have at most 2 dimensions, got shape {x.shape}")
    return as_view(record(x.T, permute_backward, (input,), tuple(range(x.ndim))[::-1]), input)


def adjoint(input: TensorLike) -> Tensor:
    """The last two dimensions exchanged."""
    return transpose(input, -2, -1)


def reverse(input: TensorLike) -> Tensor:
    """All dimensions in reverse order: ``x.T``."""
    x = array(input)
    return as_view(record(x.T, permute_backward, (input,), tuple(range(x.ndim))[::-1]), input)


def matrix_transpose(input: TensorLike) -> Tensor:
    """The two dimensions of a matrix exchanged: ``x.H``, as all numbers are real."""
    if array(input).ndim not in (0, 2):
        raise RuntimeError(f"H: expected a matrix, got shape {array(input).shape}; use mT")
    return reverse(input)


def movedim(
    input: TensorLike, source: int | Sequence[int], destination: int | Sequence[int]
) -> Tensor:
    """Dimensions moved to new places, the others keeping their order.

    Examples
    --------
    >>> fastnn.movedim(fastnn.zeros(2, 3, 4), 0, -1).shape
    (3, 4, 2)
    """
    x = array(input)
    old = axes_of("movedim", source, x.ndim or 1, "source")
    new = axes_of("movedim", destination, x.ndim or 1, "destination")
    if len(old) != len(new):
        raise ValueError(f"movedim: {len(old)} dimensions cannot move to {len(new)} places")
    if x.ndim == 0:
        return transpose(input, 0, 0)
    order = [axis for axis in range(x.ndim) if axis not in old]
    for place, axis in sorted(zip(new, old)):
        order.insert(place, axis)
    return as_view(record(x.transpose(order), permute_backward, (input,), tuple(order)), input)


moveaxis = movedim


def diagonal(input: TensorLike, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """The diagonal over two dimensions, as a new last dimension.

    Examples
    --------
    >>> fastnn.diagonal(fastnn.arange(9).reshape(3, 3), 1)
    tensor([1, 5])
    """
    x = array(input)
    a, b = axis_of("diagonal", dim1, x.ndim, "dim1"), axis_of("diagonal", dim2, x.ndim, "dim2")
    if a == b:
        raise ValueError(f"diagonal: dim1 and dim2 must differ, got {dim1} and {dim2}")
    y = x.diagonal(offset, a, b)
    y.flags.writeable = x.flags.writeable
    return as_view(record(y, diagonal_backward, (input,), x.shape, offset, a, b), input)


def diagonal_backward(node: Node, dy: Array) -> Grads:
    shape, offset, a, b = node.saved
    dx = zeros_like(dy, shape)
    k = np.arange(dy.shape[-1])
    np.moveaxis(dx, (a, b), (-2, -1))[..., k - min(offset, 0), k + max(offset, 0)] = dy
    return (dx,)
