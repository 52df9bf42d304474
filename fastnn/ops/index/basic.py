"""``x[key]`` with NumPy's rules, and slices by name."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from ... import _core
from ...autograd.changes import changed
from ...autograd.contract import SparseGradient
from ...autograd.record import Array, Grads, Node, array, record
from ...autograd.views import as_view
from ...tensor import Tensor, TensorLike
from ..copy import block, embedded
from ..shape import axis_of, key_at
from ..widen import narrowed, widened
from .key import WHOLE, Places, is_basic, places_of, plain_ids, plain_key
from .operands import zero

__all__ = ["narrow", "select"]

ndarray = np.ndarray


def look(op: str, x: Array, key: Any) -> Array:
    """``x[key]`` for a basic index: a view, of single elements too."""
    try:
        y = x[key]
        if type(y) is not ndarray:
            parts = key if type(key) is tuple else (key,)
            y = x[parts + (...,)]  # noqa: RUF005
    except (IndexError, OverflowError) as error:
        raise IndexError(f"{op}: {error}; the input has shape {x.shape}") from None
    return y if type(y) is ndarray else np.asarray(y)


def getitem(input: TensorLike, key: Any) -> Tensor:
    """``input[key]`` with NumPy's rules: slices share memory, index arrays copy.

    Lists, tuples inside of a tuple, ranges and tensors of integers are index arrays; a 0-d tensor
    is a number.

    Examples
    --------
    >>> x = fastnn.arange(6).reshape(2, 3)
    >>> x[1, ::2].tolist(), x[:, fastnn.tensor([0, 0])].tolist()
    ([3, 5], [[0, 0], [3, 3]])
    """
    x = input._array if isinstance(input, Tensor) else array(input)
    if isinstance(key, Tensor):
        key = key._array
    kind = type(key)
    if kind in WHOLE:
        pass
    elif kind is slice or (kind is tuple and is_basic(key)):
        key = plain_key(key)
    elif (kind is tuple or kind is ndarray) and (ids := plain_ids(key)) and x.ndim:
        return record(_core.index(x, ids), index_backward, (input,), x.shape, ids)
    else:
        key = plain_key(key)
        if not is_basic(key):
            places = places_of(key, x.shape)
            return record(taken(x, places), getitem_backward, (input,), x.shape, places)
    out = record(look("index", x, key), slice_backward, (input,), x.shape, key)
    return as_view(out, input) if x.dtype.kind in "fV" else out  # integers have no gradient


def index_backward(node: Node, dy: Array) -> Grads:
    return (narrowed(_core.index_backward(widened(dy), *node.saved), dy.dtype),)


def taken(x: Array, places: Places) -> Array:
    """The elements at some places."""
    if places.mask is not None:
        return _core.masked_select(x, places.mask)
    return _core.index(viewed(x, places), places.ids)


def viewed(x: Array, places: Places) -> Array:
    """The view of an array to which places refer."""
    if places.basic is not None:
        x = look("index", x, places.basic)
    return x if places.order is None else x.transpose(places.order)


def getitem_backward(node: Node, dy: Array) -> Grads:
    shape, places = node.saved
    if places.mask is not None:
        return (_core.masked_select_backward(dy, places.mask, shape),)
    basic, order = places.basic, places.order
    seen = viewed(_core.broadcast_to(zero(dy), shape), places).shape
    part = narrowed(_core.index_backward(widened(dy), seen, places.ids), dy.dtype)
    if order is not None:
        part = part.transpose(np.argsort(order))
    return (part,) if basic is None else slice_gradient(shape, basic, part)


def slice_backward(node: Node, dy: Array) -> Grads:
    shape, key = node.saved
    return slice_gradient(shape, key, dy)


def slice_gradient(shape: tuple[int, ...], key: Any, dy: Array) -> Grads:
    """The gradient of a tensor of which a slice is used."""
    if prod(shape) >= LARGE:
        return (Slice(shape, key, dy),)
    return (embedded(dy, shape, key),)


# From so many elements on, a gradient of zeros but for a slice costs more than a `Slice`.
LARGE = 4096


class Slice(SparseGradient):
    """The gradient of a tensor of which one slice is used; many of them are summed in place."""

    __slots__ = ("dy", "key", "shape")

    def __init__(self, shape: tuple[int, ...], key: Any, dy: Array) -> None:
        self.shape = shape
        self.key = key
        self.dy = dy

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        dx = embedded(self.dy, self.shape, self.key)
        return dx if dtype is None else dx.astype(dtype, copy=False)

    def add_to(self, gradient: Array) -> None:
        """Add this to a dense gradient."""
        view = block(gradient, self.key if type(self.key) is tuple else (self.key,))
        _core.add(view, self.dy, view)

    def accumulate_in(self, leaf: Any) -> None:
        """Add this to ``leaf.grad``."""
        held = leaf.grad
        if held is None or self.shape != leaf._array.shape:
            leaf._accumulate(self.__array__(), True)
        else:
            self.add_to(held._array)
            changed((held._array,))


def store(x: Array, key: Any, value: Any) -> None:
    """``x[key] = value`` with errors that say what happened."""
    try:
        if is_basic(key):
            x[key] = value
            return
        v = np.asarray(value)
        v = v if v.dtype is x.dtype else v.astype(x.dtype)
        if (ids := plain_ids(key)) and x.ndim:
            _core.index_put(x, ids, v, False, True)
            return
        places = places_of(key, x.shape)
        if places.mask is None:
            _core.index_put(viewed(x, places), places.ids, v, False, True)
        elif v.size == 1 and v.ndim <= 1:
            _core.masked_fill(x, places.mask, v.reshape(()), True)
        else:
            if v.ndim != 1:
                raise ValueError(f"values for a mask must have one dimension, got shape {v.shape}")
            _core.masked_scatter(x, places.mask, v, True, True)
    except IndexError as error:
        raise IndexError(f"index: {error}; the tensor has shape {x.shape}") from None
    except ValueError as error:
        raise ValueError(f"index: {error}; the tensor has shape {x.shape}") from None


def drain(x: Array, key: Any) -> Array:
    """The gradient of what was put by `store`, taken out of that of the whole: zeros remain."""
    if is_basic(key):
        part = np.array(x[key])
        x[key] = 0
        return part
    places = places_of(key, x.shape)
    if places.mask is None:
        return _core.index_put_backward(viewed(x, places), places.ids, True)[1]
    part = _core.masked_select(x, places.mask)
    _core.masked_fill(x, places.mask, zero(x), True)
    return part


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
