"""``x[key]`` with NumPy's rules, and slices by name."""

from __future__ import annotations

from math import prod
from operator import index
from typing import Any

import numpy as np

from ...autograd.changes import changed
from ...autograd.contract import SparseGradient
from ...autograd.record import Array, Grads, Node, array, record
from ...autograd.views import as_view
from ...tensor import Tensor, TensorLike, as_array
from ..shape import axis_of, key_at
from .summed import summed_at

__all__ = ["narrow", "select"]

ndarray = np.ndarray


BASIC = frozenset({int, slice, type(None), type(...)})
LAST = np.iinfo(np.intp).max
BOUNDS = frozenset({int, type(None)})


def plain_key(key: Any) -> Any:
    """An index of integers, slices of integers, None, Ellipsis and arrays, or a tuple of them."""
    if type(key) is tuple:
        return tuple([plain_part(part) for part in key])
    return plain_part(key)


def plain_part(key: Any) -> Any:
    if type(key) is slice:
        if type(key.start) in BOUNDS and type(key.stop) in BOUNDS and type(key.step) in BOUNDS:
            return key
        return slice(bound(key.start), bound(key.stop), bound(key.step))
    if type(key) in BASIC:
        return key
    if isinstance(key, Tensor):
        key = key._array
    if not isinstance(key, (np.ndarray, bool, np.bool_)) and hasattr(key, "__index__"):
        return index(key)
    places = key if isinstance(key, np.ndarray) else index_array(key)
    if places.dtype.kind == "u" and places.size and (last := places.max()) > LAST:
        raise IndexError(f"index: {last} is out of bounds")  # NumPy takes it for a negative one
    if places.ndim == 0 and places.dtype.kind in "iu":
        return int(places)  # as with a number, the result is a view
    return places if places.size or places.dtype.kind in "iub" else places.astype(np.intp)


def index_array(key: Any) -> Array:
    try:
        return as_array(key)
    except (TypeError, ValueError):
        raise IndexError(
            "index: expected numbers, slices, None, Ellipsis, or tensors or lists of integers or "
            f"booleans, got {key!r:.60}"
        ) from None


def bound(value: Any) -> Any:
    """A bound of a slice as a number, which stays what it is."""
    return value if value is None or type(value) is int else index(value)


def is_basic(key: Any) -> bool:
    """Whether a plain index has no arrays, so that the result is a view."""
    if type(key) is tuple:
        return BASIC.issuperset(map(type, key))
    return type(key) in BASIC


def look(op: str, x: Array, key: Any) -> Array:
    """``x[key]``, a view where NumPy has one, single elements included."""
    try:
        y = x[key]
        if type(y) is not ndarray and is_basic(key):
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
    if kind is int or kind is slice:
        basic, key = True, plain_part(key) if kind is slice else key
    elif kind is ndarray and key.ndim and key.size and key.dtype.char not in "LQ":
        basic = False
    else:
        key = plain_key(key)
        basic = is_basic(key)
    y = look("index", x, key)
    if basic:
        out = record(y, slice_backward, (input,), x.shape, key)
        return as_view(out, input) if x.dtype.kind == "f" else out  # integers have no gradient
    return record(y, getitem_backward, (input,), x.shape, key)


def slice_backward(node: Node, dy: Array) -> Grads:
    shape, key = node.saved
    if prod(shape) >= LARGE:
        return (Slice(shape, key, dy),)
    dx = np.zeros(shape, dy.dtype)
    dx[key] = dy
    return (dx,)


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
        dx = np.zeros(self.shape, self.dy.dtype if dtype is None else dtype)
        dx[self.key] = self.dy
        return dx

    def add_to(self, gradient: Array) -> None:
        """Add this to a dense gradient."""
        gradient[self.key] += self.dy

    def accumulate_in(self, leaf: Any) -> None:
        """Add this to ``leaf.grad``."""
        held = leaf.grad
        if held is None or self.shape != leaf._array.shape:
            leaf._accumulate(self.__array__(), True)
        else:
            self.add_to(held._array)
            changed((held._array,))


def getitem_backward(node: Node, dy: Array) -> Grads:
    shape, key = node.saved
    return (summed_at(shape, key, dy),)


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
