"""Elements where something is true, and classes as rows of 0 and 1."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import _core
from ...autograd.record import Array, Grads, Node, array, record
from ...tensor import Tensor, TensorLike
from ..copy import zeros_like
from ..create.values import check_room
from ..shape import broadcast_to
from ..widen import total
from .operands import fitted, same_type, scalar, zero

__all__ = [
    "argwhere",
    "masked_fill",
    "masked_scatter",
    "masked_select",
    "nonzero",
    "nonzero_static",
    "one_hot",
]


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
    x, m = array(input), array(mask)
    v = scalar("masked_fill", value, x.dtype)
    return record(_core.masked_fill(x, m, v), masked_fill_backward, (input, value), m, x.shape)


def masked_fill_backward(node: Node, dy: Array) -> Grads:
    m, shape = node.saved
    dx = fitted(_core.masked_fill(dy, m, zero(dy)), shape) if node.needs[0] else None
    return dx, total(_core.masked_select(dy, m), dy.dtype) if node.needs[1] else None


def masked_select(input: TensorLike, mask: TensorLike) -> Tensor:
    """The elements where `mask` is true, in one dimension.

    Parameters
    ----------
    input
        Any shape and type.
    mask
        Booleans, broadcast against `input`.

    Examples
    --------
    >>> fastnn.masked_select(fastnn.arange(3), fastnn.tensor([True, False, True])).tolist()
    [0, 2]
    """
    x, m = array(input), array(mask)
    return record(_core.masked_select(x, m), masked_select_backward, (input,), x.shape, m)


def masked_select_backward(node: Node, dy: Array) -> Grads:
    shape, m = node.saved
    wide = np.broadcast_shapes(shape, m.shape)
    return (fitted(_core.masked_select_backward(dy, m, wide), shape),)


def masked_scatter(input: TensorLike, mask: TensorLike, source: TensorLike) -> Tensor:
    """`input` with the elements of `source`, one after the other, where `mask` is true.

    Parameters
    ----------
    input
        Any shape.
    mask
        Booleans, broadcast against `input`.
    source
        Of the type of `input`, with as many elements at least as are true; any shape.

    Examples
    --------
    >>> m = fastnn.tensor([True, False, True])
    >>> fastnn.masked_scatter(fastnn.zeros(3), m, fastnn.tensor([5.0, 6.0]))
    tensor([5., 0., 6.])
    """
    x, m, s = array(input), array(mask), array(source)
    same_type("masked_scatter", x, "source", s)
    if x.shape != m.shape and (shape := common_shape("masked_scatter", x, m)) != x.shape:
        input = broadcast_to(input, shape)
        x = input._array
    y = _core.masked_scatter(x, m, s)
    return record(y, masked_scatter_backward, (input, source), m, s.shape)


def common_shape(op: str, x: Array, m: Array) -> tuple[int, ...]:
    try:
        return np.broadcast_shapes(x.shape, m.shape)
    except ValueError:
        raise ValueError(
            f"{op}: mask of shape {m.shape} does not fit an input of shape {x.shape}"
        ) from None


def masked_scatter_backward(node: Node, dy: Array) -> Grads:
    m, shape = node.saved
    dx = _core.masked_fill(dy, m, zero(dy)) if node.needs[0] else None
    if not node.needs[1]:
        return dx, None
    used = _core.masked_select(dy, m)
    ds = zeros_like(used, shape)  # of a vector's memory: in C order
    ds.reshape(-1)[: used.size] = used
    return dx, ds


def nonzero(input: TensorLike, *, as_tuple: bool = False) -> Any:
    """Where elements are not 0: one row of positions for each, or a tuple of index tensors.

    Parameters
    ----------
    input
        Any shape and type.
    as_tuple
        Whether to return an index tensor for each dimension, of at least one.

    Examples
    --------
    >>> fastnn.nonzero(fastnn.eye(2)).tolist()
    [[0, 0], [1, 1]]
    """
    x = array(input)
    if not as_tuple:
        return Tensor(_core.nonzero(x))
    return tuple([Tensor(i) for i in _core.nonzero(x if x.ndim else x.reshape(1), True)])


def nonzero_static(input: TensorLike, *, size: int, fill_value: int = -1) -> Tensor:
    """`nonzero` with a given number of rows: the first ones, or filled up.

    Parameters
    ----------
    input
        Any shape and type.
    size
        The number of rows.
    fill_value
        What rows without an element have.

    Examples
    --------
    >>> fastnn.nonzero_static(fastnn.tensor([0, 3, 4]), size=3).tolist()
    [[1], [2], [-1]]
    """
    if size < 0:
        raise ValueError(f"nonzero_static: size must not be negative, got {size}")
    found = _core.nonzero(array(input))[:size]
    y = np.full((size, found.shape[1]), fill_value, np.int64)
    y[: len(found)] = found
    return Tensor(y)


def argwhere(input: TensorLike) -> Tensor:
    """Where elements are not 0: one row of positions for each.

    Examples
    --------
    >>> fastnn.argwhere(fastnn.tensor([0, 3, 4])).tolist()
    [[1], [2]]
    """
    return Tensor(_core.nonzero(array(input)))


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
    if i.dtype.kind not in "iu":
        raise TypeError(f"one_hot: tensor must hold integers, got {i.dtype}")
    if num_classes == -1:
        if i.size == 0:
            raise ValueError("one_hot: num_classes cannot be guessed from an empty tensor")
        num_classes = int(i.max()) + 1
    check_room("one_hot", (*i.shape, num_classes), np.dtype(np.int64))
    y = np.zeros((*i.shape, max(num_classes, 0)), np.int64)
    try:
        _core.scatter(y, -1, i[..., None], np.ones((), np.int64), "set", True)
    except IndexError as error:
        raise IndexError(str(error).replace("scatter: index", "one_hot: tensor")) from None
    return Tensor(y)
