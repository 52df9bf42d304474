"""``x[key]`` with NumPy's rules, and slices by name."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...autograd.record import Array, Grads, Node, array, record, unbroadcast
from ...tensor import Tensor, TensorLike
from ..shape import axis_of, key_at

__all__ = ["narrow", "select"]


def plain_key(key: Any) -> Any:
    """An index as NumPy takes it: tensors and lists as arrays."""
    if isinstance(key, Tensor):
        return key._array
    if isinstance(key, list):
        return np.asarray([plain_key(k) for k in key])
    if isinstance(key, tuple):
        return tuple([plain_key(k) for k in key])
    return key


def is_basic(key: Any) -> bool:
    """Whether an index meets every element at most once: no arrays but masks."""
    parts = key if isinstance(key, tuple) else (key,)
    return not any(isinstance(k, np.ndarray) and k.dtype != np.bool_ for k in parts)


def look(op: str, x: Array, key: Any) -> Array:
    """``x[key]``, a view where NumPy has one, single elements included."""
    try:
        y = x[key]
        if type(y) is not np.ndarray and not isinstance(key, np.ndarray):
            parts = key if isinstance(key, tuple) else (key,)
            y = y if any(k is Ellipsis for k in parts) else x[parts + (...,)]  # noqa: RUF005
    except IndexError as error:
        raise IndexError(f"{op}: {error}; the input has shape {x.shape}") from None
    return np.asarray(y)


def getitem(input: TensorLike, key: Any) -> Tensor:
    """``input[key]`` with NumPy's rules: slices share memory, index arrays copy.

    Examples
    --------
    >>> x = fastnn.arange(6).reshape(2, 3)
    >>> x[1, ::2].tolist(), x[:, fastnn.tensor([0, 0])].tolist()
    ([3, 5], [[0, 0], [3, 3]])
    """
    x = array(input)
    if type(key) is not int and type(key) is not slice:
        key = plain_key(key)
    return record(look("index", x, key), getitem_backward, (input,), x.shape, key)


def getitem_backward(node: Node, dy: Array) -> Grads:
    shape, key = node.saved
    dx = np.zeros(shape, dy.dtype)
    if is_basic(key):
        dx[key] = dy
    else:
        np.add.at(dx, key, dy)
    return (dx,)


def put(input: TensorLike, key: Any, value: TensorLike) -> Tensor:
    """A copy of `input` with ``[key]`` replaced by `value`: what assigning means inside a graph."""
    x, v = array(input), array(value)
    y = x.copy()
    store(y, plain_key(key), v)
    return record(y, put_backward, (input, value), plain_key(key), v.shape)


def put_backward(node: Node, dy: Array) -> Grads:
    key, shape = node.saved
    dx = dv = None
    if node.needs[0]:
        dx = dy.copy()
        dx[key] = 0
    if node.needs[1]:
        part = np.asarray(dy[key])
        lead = len(shape) - part.ndim  # a value may have leading dimensions of size 1
        dv = unbroadcast(part, shape[lead:] if lead > 0 else shape).reshape(shape)
    return dx, dv


def store(x: Array, key: Any, value: Any) -> None:
    """``x[key] = value`` with errors that say what happened."""
    try:
        x[key] = value
    except IndexError as error:
        raise IndexError(f"index: {error}; the tensor has shape {x.shape}") from None
    except ValueError as error:
        raise ValueError(f"index: {error}; the tensor has shape {x.shape}") from None


def select(input: TensorLike, dim: int, index: int) -> Tensor:
    """One slice along a dimension, which goes away.

    Examples
    --------
    >>> fastnn.select(fastnn.eye(3), 1, 0).tolist()
    [1.0, 0.0, 0.0]
    """
    axis = axis_of("select", dim, array(input).ndim)
    return getitem(input, key_at(axis, int(index)))


def narrow(input: TensorLike, dim: int, start: int, length: int) -> Tensor:
    """`length` slices along a dimension, from `start`.

    Examples
    --------
    >>> fastnn.narrow(fastnn.arange(5), 0, 1, 3).tolist()
    [1, 2, 3]
    """
    x = array(input)
    axis = axis_of("narrow", dim, x.ndim)
    size = x.shape[axis]
    first = start + size if start < 0 else start
    if length < 0 or first < 0 or first + length > size:
        raise IndexError(f"narrow: {length} from {start} do not lie in a dimension of size {size}")
    return getitem(input, key_at(axis, slice(first, first + length)))
