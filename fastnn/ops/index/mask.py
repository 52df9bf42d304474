"""Elements where something is true, and classes as rows of 0 and 1."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...autograd.record import Array, Grads, Node, array, record, unbroadcast
from ...dtypes import element
from ...tensor import Tensor, TensorLike
from ..create.values import check_room
from ..shape import broadcast_to
from .along import positions
from .basic import getitem

__all__ = ["masked_fill", "masked_select", "nonzero", "one_hot"]


def boolean(op: str, mask: TensorLike) -> Array:
    m = array(mask)
    if m.dtype != np.bool_:
        raise TypeError(f"{op}: mask must be boolean, got {m.dtype}")
    return m


def masked_fill(input: TensorLike, mask: TensorLike, value: TensorLike) -> Tensor:
    """`input` with `value` where `mask` is true.

    Parameters
    ----------
    input
        Any shape.
    mask
        Booleans, broadcast against `input`.
    value
        A number or a 0-d tensor, cast to the type of `input`; RuntimeError where that cannot hold
        it, as integers cannot hold infinity.

    Examples
    --------
    >>> fastnn.masked_fill(fastnn.zeros(3), fastnn.tensor([True, False, True]), 9.0)
    tensor([9., 0., 9.])
    """
    x, m = array(input), boolean("masked_fill", mask)
    v = value if isinstance(value, (bool, int, float)) else array(value)
    if np.ndim(v):
        raise ValueError(f"masked_fill: value must be a scalar, got shape {np.shape(v)}")
    try:
        y = np.where(m, element("masked_fill", v, x.dtype), x)
    except ValueError:
        raise ValueError(
            f"masked_fill: mask of shape {m.shape} does not fit an input of shape {x.shape}"
        ) from None
    return record(y, masked_fill_backward, (input, value), m, x.shape)


def masked_fill_backward(node: Node, dy: Array) -> Grads:
    m, shape = node.saved
    zero = np.zeros((), dy.dtype)
    dx = unbroadcast(np.where(m, zero, dy), shape) if node.needs[0] else None
    return dx, unbroadcast(np.where(m, dy, zero), ()) if node.needs[1] else None


def masked_select(input: TensorLike, mask: TensorLike) -> Tensor:
    """The elements where `mask` is true, in one dimension.

    Examples
    --------
    >>> fastnn.masked_select(fastnn.arange(3), fastnn.tensor([True, False, True])).tolist()
    [0, 2]
    """
    x, m = array(input), boolean("masked_select", mask)
    try:
        shape = np.broadcast_shapes(x.shape, m.shape)
    except ValueError:
        raise ValueError(
            f"masked_select: mask of shape {m.shape} does not fit an input of shape {x.shape}"
        ) from None
    wide = input if shape == x.shape else broadcast_to(input, shape)
    return getitem(wide, np.broadcast_to(m, shape))


def nonzero(input: TensorLike, as_tuple: bool = False) -> Any:
    """Where elements are not 0: one row of positions for each, or a tuple of index tensors.

    Examples
    --------
    >>> fastnn.nonzero(fastnn.eye(2)).tolist()
    [[0, 0], [1, 1]]
    """
    x = array(input)
    found = np.nonzero(np.atleast_1d(x)) if as_tuple or x.ndim else ()
    if as_tuple:
        return tuple([Tensor(i) for i in found])
    return Tensor(np.argwhere(x))


def one_hot(tensor: TensorLike, num_classes: int = -1) -> Tensor:
    """Class ids as vectors of zeros with a 1 in the place of the class.

    Parameters
    ----------
    tensor
        Integers from 0, any shape.
    num_classes
        Length of the vectors; by default the largest id and one more.

    Examples
    --------
    >>> fastnn.one_hot(fastnn.tensor([0, 2])).tolist()
    [[1, 0, 0], [0, 0, 1]]
    """
    i = array(tensor)
    if num_classes == -1:
        if i.size == 0:
            raise ValueError("one_hot: num_classes cannot be guessed from an empty tensor")
        num_classes = int(i.max()) + 1
    i = positions("one_hot", i, num_classes, "tensor")
    check_room("one_hot", (*i.shape, num_classes), np.dtype(np.int64))
    y = np.zeros((*i.shape, num_classes), np.int64)
    y.reshape(-1)[np.arange(i.size) * num_classes + i.reshape(-1)] = 1
    return Tensor(y)
