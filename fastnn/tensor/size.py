"""Shapes, and sizes as constructors take them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..autograd.contract import Array

__all__ = ["Size"]


class Size(tuple[int, ...]):
    """The shape of a tensor: a tuple with a number of elements.

    Where PyTorch's old constructors take numbers as elements, a `Size` stands for a shape.

    Examples
    --------
    >>> x = fastnn.zeros(2, 3)
    >>> x.shape, x.shape.numel(), fastnn.FloatTensor(x.shape).shape
    ((2, 3), 6, (2, 3))
    """

    __slots__ = ()

    def numel(self) -> int:
        """The number of elements of a tensor of this shape."""
        return math.prod(self)


def sizes(op: str, size: tuple[Any, ...], dtype: Any = np.float32) -> tuple[int, ...]:
    """Sizes given as ``(2, 3)`` or as ``2, 3``; MemoryError for more than any memory holds."""
    if len(size) == 1 and isinstance(size[0], (tuple, list)):
        size = tuple(size[0])
    for n in size:
        if isinstance(n, bool) or not hasattr(n, "__index__"):
            raise TypeError(f"{op}: sizes must be integers, got {n!r}")
        if n < 0:
            raise ValueError(f"{op}: sizes must not be negative, got {tuple(size)}")
    shape = tuple([int(n) for n in size])
    check_room(op, shape, np.dtype(dtype))
    return shape


def check_room(op: str, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
    """Refuse sizes beyond any address space, for which NumPy has a ValueError or wraps around."""
    if math.prod([n for n in shape if n]) * dtype.itemsize >= 2**47:
        raise MemoryError(f"{op}: shape {shape} of {dtype} does not fit in memory")


def are_sizes(args: tuple[Any, ...]) -> bool:
    """Whether the arguments of an old constructor are sizes: none, integers, or one `Size`."""
    if len(args) == 1 and isinstance(args[0], Size):
        return True
    return all(isinstance(n, (int, np.integer)) and not isinstance(n, bool) for n in args)


def uninitialised(op: str, args: tuple[Any, ...], dtype: Any) -> Array:
    """An array of these sizes with no particular values; without sizes, it has no elements."""
    return np.empty(sizes(op, args, dtype) if args else (0,), dtype)
