"""Another shape for the same elements in the same order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ... import _core
from ...autograd.changes import owner
from ...autograd.record import Array, Grads, Node, array, record
from ...autograd.views import as_view
from ...tensor import Tensor, TensorLike
from ..numpy_names import numpy_names
from .axes import axes_of, axis_of, shape_of

__all__ = [
    "flatten",
    "ravel",
    "reshape",
    "reshape_as",
    "squeeze",
    "unflatten",
    "unsqueeze",
    "view",
    "view_as",
]


def in_shape(x: Array, shape: tuple[Any, ...]) -> Array:
    """A view where there is one; else a copy in row-major order."""
    return x.reshape(shape) if x.flags.c_contiguous else _core.reshape(x, shape)


def reshaped(op: str, x: Array, shape: tuple[Any, ...]) -> Array:
    try:
        return in_shape(x, shape)
    except ValueError:
        raise ValueError(
            f"{op}: shape {shape} does not fit the {x.size} elements of an input of shape {x.shape}"
        ) from None


def result(input: TensorLike, x: Array, y: Array) -> Tensor:
    """The output of an operation that gave the elements of `x` the shape of `y`."""
    out = record(y, reshape_backward, (input,), x.shape)
    return as_view(out, input) if y.base is x or owner(y) is owner(x) else out


def reshape(input: TensorLike, *shape: Any) -> Tensor:
    """The same elements, in row-major order, in another shape.

    Parameters
    ----------
    input
        Any shape.
    shape
        The new shape, as a tuple or as numbers; one of them may be -1 and follows from the others.

    Examples
    --------
    >>> fastnn.arange(6).reshape(2, -1)
    tensor([[0, 1, 2],
            [3, 4, 5]])
    """
    x = array(input)
    return result(input, x, reshaped("reshape", x, shape_of(shape)))


def reshape_backward(node: Node, dy: Array) -> Grads:
    (shape,) = node.saved
    return (in_shape(dy, shape),)


def view(input: TensorLike, *shape: Any) -> Tensor:
    """As `reshape`, but never a copy: where memory does not allow it, an error.

    Only images in channels-last order, which convolutions and pools choose by themselves, and
    chunks of their channels are copied where they must be, as PyTorch's order needs no copy. Such a
    copy is read-only, so no change of it can be lost.

    Examples
    --------
    >>> fastnn.zeros(2, 3).view(6).shape
    (6,)
    """
    x = array(input)
    y = reshaped("view", x, shape_of(shape))
    if x.size and owner(y) is not owner(x):
        if not is_channels_last(x):
            raise ValueError(
                f"view: an input of shape {x.shape} with strides {x.strides} has no view of shape "
                f"{y.shape}; use reshape, which copies"
            )
        y.flags.writeable = False
    return result(input, x, y)


def is_channels_last(x: Array) -> bool:
    """Whether x is in the memory order of images, (N, C, H, W) or (C, H, W) and so on.

    The channels are the innermost dimension, and the others lie around it in their order without
    gaps. Some channels may have been cut off (`chunk`), and batches may have been taken apart
    (``x[0]``) or put together (`stack`).
    """
    if not 3 <= x.ndim <= 5:
        return False
    return any(
        x.strides[axis] == x.itemsize and is_dense(np.moveaxis(x, axis, -1))
        for axis in {1, x.ndim - 3}
    )


def is_dense(x: Array) -> bool:
    """Whether the places of all dimensions but the last follow each other at one distance."""
    room, distance = x.strides[-1] * x.shape[-1], 0
    for size, stride in zip(x.shape[-2::-1], x.strides[-2::-1]):
        if size > 1:
            if stride < room or distance not in (0, stride):
                return False
            distance = stride * size
    return True


def view_as(input: TensorLike, other: TensorLike) -> Tensor:
    """`view` with the shape of `other`."""
    return view(input, array(other).shape)


def reshape_as(input: TensorLike, other: TensorLike) -> Tensor:
    """`reshape` to the shape of `other`."""
    return reshape(input, array(other).shape)


def flatten(input: TensorLike, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """Merge the dimensions from `start_dim` to `end_dim` into one.

    Examples
    --------
    >>> fastnn.flatten(fastnn.zeros(2, 3, 4), 1).shape
    (2, 12)
    """
    x = array(input)
    if x.ndim == 0:
        return reshape(input, 1)
    start = axis_of("flatten", start_dim, x.ndim, "start_dim")
    end = axis_of("flatten", end_dim, x.ndim, "end_dim")
    if end < start:
        raise ValueError(f"flatten: start_dim {start_dim} comes after end_dim {end_dim}")
    size = 1
    for n in x.shape[start : end + 1]:
        size *= n
    shape = (*x.shape[:start], size, *x.shape[end + 1 :])
    return result(input, x, in_shape(x, shape))


def unflatten(input: TensorLike, dim: int, sizes: Sequence[int]) -> Tensor:
    """Split dimension `dim` into several; one of `sizes` may be -1.

    Examples
    --------
    >>> fastnn.unflatten(fastnn.zeros(2, 12), 1, (3, -1)).shape
    (2, 3, 4)
    """
    x = array(input)
    axis = axis_of("unflatten", dim, x.ndim)
    part = np.empty(x.shape[axis], np.bool_)
    shape = x.shape[:axis] + reshaped("unflatten", part, tuple(sizes)).shape + x.shape[axis + 1 :]
    return result(input, x, in_shape(x, shape))


def ravel(input: TensorLike) -> Tensor:
    """All elements in one dimension.

    Examples
    --------
    >>> fastnn.ravel(fastnn.zeros(2, 3)).shape
    (6,)
    """
    return reshape(input, -1)


@numpy_names
def squeeze(input: TensorLike, dim: int | Sequence[int] | None = None) -> Tensor:
    """Drop the dimensions of size 1, all or those of `dim` that have that size.

    Examples
    --------
    >>> fastnn.squeeze(fastnn.zeros(1, 3, 1)).shape, fastnn.squeeze(fastnn.zeros(1, 3, 1), 0).shape
    ((3,), (3, 1))
    """
    x = array(input)
    axes = tuple(range(x.ndim)) if dim is None else axes_of("squeeze", dim, x.ndim or 1, "dim")
    drop = tuple([axis for axis in axes if x.shape[axis : axis + 1] == (1,)])
    return result(input, x, x.squeeze(axis=drop))


@numpy_names
def unsqueeze(input: TensorLike, dim: int) -> Tensor:
    """A new dimension of size 1 at `dim`.

    Examples
    --------
    >>> fastnn.unsqueeze(fastnn.zeros(3), -1).shape
    (3, 1)
    """
    x = array(input)
    y = np.expand_dims(x, axis_of("unsqueeze", dim, x.ndim + 1))
    return result(input, x, y)
