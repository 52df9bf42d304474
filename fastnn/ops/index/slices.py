"""Taking and putting slices along a dimension, at places that an index of one dimension names."""

from __future__ import annotations

from ... import _core
from ...autograd.record import Array, Grads, Node, array, record
from ...dtypes import kind
from ...tensor import Tensor, TensorLike
from ..shape import whole
from ..widen import narrowed, total, widened
from .operands import same_type, scalar, zero

__all__ = ["index_add", "index_copy", "index_fill", "index_select"]


def index_select(input: TensorLike, dim: int, index: TensorLike) -> Tensor:
    """The slices at given positions along a dimension.

    Parameters
    ----------
    input
        Any shape and type.
    dim
        The dimension.
    index
        Integers from 0, in one dimension.

    Examples
    --------
    >>> fastnn.index_select(fastnn.eye(3), 0, fastnn.tensor([2, 2])).tolist()
    [[0.0, 0.0, 1.0], [0.0, 0.0, 1.0]]
    """
    x, i = array(input), array(index)
    y = _core.index_select(x, dim, i)
    return record(y, index_select_backward, (input,), x.shape, dim, i)


def index_select_backward(node: Node, dy: Array) -> Grads:
    shape, dim, i = node.saved
    return (narrowed(_core.index_select_backward(widened(dy), shape, dim, i), dy.dtype),)


def index_add(
    input: TensorLike, dim: int, index: TensorLike, source: TensorLike, *, alpha: float = 1
) -> Tensor:
    """`input` with the slices of `source`, times `alpha`, added at positions along a dimension.

    Parameters
    ----------
    input
        Any shape.
    dim
        The dimension.
    index
        Integers from 0, in one dimension; they may repeat.
    source
        The slices: the shape of `input`, but for `dim`, where it has as many as `index`.
    alpha
        Their factor.

    Examples
    --------
    >>> fastnn.index_add(fastnn.zeros(3), 0, fastnn.tensor([0, 2, 0]), fastnn.ones(3)).tolist()
    [2.0, 0.0, 1.0]
    """
    x, i, s = array(input), array(index), array(source)
    same_type("index_add", x, "source", s)
    if kind(x.dtype) != "f" and alpha != int(alpha):
        raise RuntimeError(f"index_add: alpha must be an integer for {x.dtype}, got {alpha}")
    y = _core.index_reduce(widened(x), dim, i, widened(s), "add", alpha)
    return record(narrowed(y, x.dtype), index_add_backward, (input, source), dim, i, s.shape, alpha)


def index_add_backward(node: Node, dy: Array) -> Grads:
    dim, i, shape, alpha = node.saved
    if not node.needs[1]:
        return dy, None
    ds = _core.index_select(dy, dim, i)
    if alpha != 1:
        ds *= ds.dtype.type(alpha)
    return dy, ds.reshape(shape)


def index_copy(input: TensorLike, dim: int, index: TensorLike, source: TensorLike) -> Tensor:
    """`input` with the slices of `source` in given positions along a dimension.

    Arguments are those of `index_add`. Where positions repeat the last slice stays, and gets the
    gradient.

    Examples
    --------
    >>> fastnn.index_copy(fastnn.zeros(3), 0, fastnn.tensor([2]), fastnn.ones(1)).tolist()
    [0.0, 0.0, 1.0]
    """
    x, i, s = array(input), array(index), array(source)
    same_type("index_copy", x, "source", s)
    y = _core.index_reduce(x, dim, i, s, "copy")
    return record(y, index_copy_backward, (input, source), dim, i, s.shape)


def index_copy_backward(node: Node, dy: Array) -> Grads:
    dim, i, shape = node.saved
    dx, ds = _core.index_reduce_backward(dy, dim, i)
    return dx, ds.reshape(shape)


def index_fill(input: TensorLike, dim: int, index: TensorLike, value: TensorLike) -> Tensor:
    """`input` with one value in the slices at given positions along a dimension.

    Parameters
    ----------
    input
        Any shape and type.
    dim
        The dimension.
    index
        Integers, in one dimension.
    value
        A number or a 0-d tensor.

    Examples
    --------
    >>> fastnn.index_fill(fastnn.zeros(3), 0, fastnn.tensor([0, 2]), 5.0).tolist()
    [5.0, 0.0, 5.0]
    """
    dim = whole(dim)  # first, as its conversion may run code that changes the arrays
    x, i = array(input), array(index)
    v = scalar("index_fill", value, x.dtype)
    y = _core.index_reduce(x, dim, i, v, "fill")
    return record(y, index_fill_backward, (input, value), dim, i)


def index_fill_backward(node: Node, dy: Array) -> Grads:
    dim, i = node.saved
    if not node.needs[1]:
        return _core.index_reduce(dy, dim, i, zero(dy), "fill"), None
    dx, ds = _core.index_reduce_backward(dy, dim, i)
    return dx, total(ds, dy.dtype)
