"""PyTorch's constructors of one element type: ``FloatTensor``, ``LongTensor`` and so on."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import dtypes
from .devices import check_device
from .tensor import Tensor, as_array
from .tensor.size import are_sizes, uninitialised

__all__ = [
    "BoolTensor",
    "ByteTensor",
    "CharTensor",
    "DoubleTensor",
    "FloatTensor",
    "HalfTensor",
    "IntTensor",
    "LongTensor",
    "ShortTensor",
]


class TypedConstructor(type):
    """The class of the constructors: calling one makes a tensor, and `isinstance` asks its type."""

    dtype: np.dtype[Any]

    def __call__(cls, *data: Any, device: Any = None) -> Tensor:
        check_device(cls.__name__, device)
        if are_sizes(data):
            return Tensor(uninitialised(cls.__name__, data, cls.dtype))
        if len(data) > 1:
            raise TypeError(f"{cls.__name__}: expected sizes or one list of data, got {data!r:.60}")
        if isinstance(data[0], Tensor) and data[0].dtype == cls.dtype:
            return data[0].detach()
        if isinstance(data[0], (bool, float)):
            raise TypeError(f"{cls.__name__}: expected sizes or a list, got {data[0]!r}")
        return Tensor(np.array(as_array(data[0], cls.dtype), cls.dtype))

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, Tensor) and instance.dtype == cls.dtype


class FloatTensor(metaclass=TypedConstructor):
    """A tensor of float32: of a list's numbers, or of sizes with no particular values.

    Its siblings differ in the type. ``isinstance(x, fastnn.FloatTensor)`` tells whether a tensor
    has that type, and ``x.type(fastnn.FloatTensor)`` converts to it. New code has `tensor` and
    `empty` with a `dtype`.

    Examples
    --------
    >>> fastnn.FloatTensor([1, 2]), fastnn.FloatTensor(2, 3).shape
    (tensor([1., 2.]), (2, 3))
    >>> x = fastnn.LongTensor([[1, 2]])
    >>> isinstance(x, fastnn.LongTensor), x.type(fastnn.DoubleTensor).dtype
    (True, dtype('float64'))
    """

    dtype = dtypes.float32


class DoubleTensor(metaclass=TypedConstructor):
    """A tensor of float64. See `FloatTensor`."""

    dtype = dtypes.float64


class HalfTensor(metaclass=TypedConstructor):
    """A tensor of float16. See `FloatTensor`."""

    dtype = dtypes.float16


class LongTensor(metaclass=TypedConstructor):
    """A tensor of int64. See `FloatTensor`."""

    dtype = dtypes.int64


class IntTensor(metaclass=TypedConstructor):
    """A tensor of int32. See `FloatTensor`."""

    dtype = dtypes.int32


class ShortTensor(metaclass=TypedConstructor):
    """A tensor of int16. See `FloatTensor`."""

    dtype = dtypes.int16


class CharTensor(metaclass=TypedConstructor):
    """A tensor of int8. See `FloatTensor`."""

    dtype = dtypes.int8


class ByteTensor(metaclass=TypedConstructor):
    """A tensor of uint8. See `FloatTensor`."""

    dtype = dtypes.uint8


class BoolTensor(metaclass=TypedConstructor):
    """A tensor of truth values. See `FloatTensor`."""

    dtype = dtypes.bool
