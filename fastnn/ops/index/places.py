"""Elements at places that arrays name for several dimensions, or for all of them as one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ... import _core
from ...autograd.record import Array, Grads, Node, array, record
from ...tensor import Tensor, TensorLike
from ..shape import ravel, reshape
from ..widen import narrowed, widened
from .key import Places, places_of
from .operands import fitted, same_type, zero

__all__ = ["index_put", "put", "take", "unravel_index"]


def take(input: TensorLike, index: TensorLike) -> Tensor:
    """The elements at given positions of the input seen in one dimension.

    Parameters
    ----------
    input
        Any shape and type.
    index
        Integers of any shape, which the result has; negative ones count from the end.

    Examples
    --------
    >>> fastnn.take(fastnn.tensor([[4, 5], [6, 7]]), fastnn.tensor([0, -1])).tolist()
    [4, 7]
    """
    x, i = array(input), array(index)
    return record(_core.index(x.reshape(-1), (i,)), take_backward, (input,), x.shape, i)


def take_backward(node: Node, dy: Array) -> Grads:
    shape, i = node.saved
    dx = _core.index_backward(widened(dy), (int(np.prod(shape)),), (i,))
    return (narrowed(dx, dy.dtype).reshape(shape),)


def put(
    input: TensorLike, index: TensorLike, source: TensorLike, accumulate: bool = False
) -> Tensor:
    """`input` with the elements of `source` at given positions, counted as in one dimension.

    Parameters
    ----------
    input
        Any shape.
    index
        Integers of any shape; negative ones count from the end.
    source
        Of the type of `input`, with as many elements as `index`.
    accumulate
        Whether to add to what is there. Else the last of several elements in one place stays.

    Examples
    --------
    >>> fastnn.put(fastnn.zeros(2, 2), fastnn.tensor([3, 0]), fastnn.tensor([5.0, 6.0])).tolist()
    [[6.0, 0.0], [0.0, 5.0]]
    """
    x, i, s = array(input), array(index), array(source)
    same_type("put", x, "source", s)
    if i.size != s.size:
        raise ValueError(f"put: source must have {i.size} elements, as index has, got {s.size}")
    flat = ravel(input)
    y = put_at(flat, Places(None, None, (i,), None), reshape(source, i.shape), accumulate)
    return reshape(y, x.shape)


def index_put(
    input: TensorLike,
    indices: Sequence[TensorLike | None],
    values: TensorLike,
    accumulate: bool = False,
) -> Tensor:
    """`input` with ``out[indices] = values``.

    Parameters
    ----------
    input
        Any shape.
    indices
        A tuple of index tensors, of integers or booleans, one for each dimension or for the first.
    values
        Of the type of `input`, broadcast to the shape of ``input[indices]``.
    accumulate
        Whether to add to what is there. Else the last of several values in one place stays, and
        gets the gradient.

    Examples
    --------
    >>> i = fastnn.tensor([0, 0, 2])
    >>> fastnn.index_put(fastnn.zeros(3), (i,), fastnn.ones(3), accumulate=True).tolist()
    [2.0, 0.0, 1.0]
    """
    x, v = array(input), array(values)
    same_type("index_put", x, "values", v)
    if not isinstance(indices, (tuple, list)):
        raise TypeError(f"index_put: indices must be a tuple, got {type(indices).__name__}")
    key = tuple([slice(None) if i is None else array(i) for i in indices])
    places = places_of(key, x.shape)
    return put_at(input, places, values, accumulate)


def put_at(input: TensorLike, places: Places, values: TensorLike, accumulate: bool) -> Tensor:
    """`index_put` at places that refer to the input itself."""
    x, v = array(input), array(values)
    ids, order = places.ids, places.order
    seen = x if order is None else x.transpose(order)
    if accumulate:
        y = _core.index_put(widened(seen), ids, widened(v), True)
    else:
        y = _core.index_put(seen, ids, v)
    if order is not None:
        y = y.transpose(np.argsort(order))
    backward = index_add_at_backward if accumulate else index_put_backward
    return record(narrowed(y, x.dtype), backward, (input, values), ids, order, v.shape)


def index_add_at_backward(node: Node, dy: Array) -> Grads:
    ids, order, shape = node.saved
    if not node.needs[1]:
        return dy, None
    return dy, fitted(_core.index(dy if order is None else dy.transpose(order), ids), shape)


def index_put_backward(node: Node, dy: Array) -> Grads:
    ids, order, shape = node.saved
    seen = dy if order is None else dy.transpose(order)
    if node.needs[1]:
        dx, dv = _core.index_put_backward(seen, ids)
        dv = fitted(dv, shape)
    else:
        dx, dv = _core.index_put(seen, ids, zero(dy)), None
    return dx if order is None else dx.transpose(np.argsort(order)), dv


def unravel_index(indices: TensorLike, shape: Sequence[int]) -> tuple[Tensor, ...]:
    """For each dimension of a shape, where elements are that are counted in row-major order.

    Parameters
    ----------
    indices
        Integers of any shape; negative ones count from the end.
    shape
        The shape, of at least one dimension.

    Returns
    -------
    tuple of Tensor
        An index for each dimension, int64, in the shape of `indices`.

    Raises
    ------
    ValueError
        If an index is beyond the elements.

    Examples
    --------
    >>> [i.tolist() for i in fastnn.unravel_index(fastnn.tensor([4, 5]), (3, 2))]
    [[2, 2], [0, 1]]
    """
    i, sizes = array(indices), tuple([int(n) for n in shape])
    if i.dtype.kind not in "iu":
        raise TypeError(f"unravel_index: indices must have an integer type, got {i.dtype}")
    total = int(np.prod(sizes))
    if i.size and not (-total <= int(i.min()) and int(i.max()) < total):
        raise ValueError(f"unravel_index: an index is out of range for shape {sizes}")
    rest, found = np.remainder(i.astype(np.int64), max(total, 1)), []
    for n in reversed(sizes):
        rest, place = np.divmod(rest, max(n, 1))
        found.append(Tensor(np.asarray(place)))
    return tuple(found[::-1])
