"""Changing the shape of a tensor itself, or its place in a graph, as old programs do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..autograd.views import base_of
from ..tensor import Tensor
from ..tensor.size import sizes
from .parts import as_strided
from .shape import squeeze, t, transpose, unsqueeze

__all__: list[str] = []  # methods only


def resize_(input: Tensor, *size: Any) -> Tensor:
    """Give the tensor another shape: the first elements in row-major order, as far as they go.

    A larger tensor gets new memory, whose other elements have no particular values, and views stay
    with the old one.

    Raises
    ------
    RuntimeError
        If the tensor requires a gradient.

    Examples
    --------
    >>> fastnn.arange(6).resize_(2, 2)
    tensor([[0, 1],
            [2, 3]])
    """
    if input.requires_grad:
        raise RuntimeError(
            "resize_: a tensor that requires a gradient keeps its shape; use detach()"
        )
    old = input._array
    shape = sizes("resize_", size, old.dtype)
    count = int(np.prod(shape, dtype=np.int64))
    if count <= old.size and old.flags.c_contiguous:
        input._array = old.reshape(-1)[:count].reshape(shape)
        return input
    new = np.empty(shape, old.dtype)
    kept = min(count, old.size)
    new.reshape(-1)[:kept] = old.reshape(-1)[:kept]
    input.data = new
    return input


def resize_as_(input: Tensor, other: Tensor) -> Tensor:
    """`resize_` to the shape of `other`."""
    return resize_(input, other.shape)


def turned(operation: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """The method that gives a tensor the shape which a view of it has."""
    name = f"{operation.__name__}_"

    def method(input: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        if input.requires_grad:
            raise RuntimeError(
                f"{name}: a tensor that requires a gradient keeps its shape; use {name[:-1]}()"
            )
        input._array = operation(input, *args, **kwargs)._array
        return input

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"As `fastnn.{name[:-1]}`, of the tensor itself; RuntimeError in a graph."
    return method


as_strided_ = turned(as_strided)
squeeze_ = turned(squeeze)
t_ = turned(t)
transpose_ = turned(transpose)
unsqueeze_ = turned(unsqueeze)


def detach_(input: Tensor) -> Tensor:
    """Take the tensor out of its graph: no gradient flows back from it any more.

    Raises
    ------
    RuntimeError
        If the tensor is a view of another one, which may be in the graph.

    Examples
    --------
    >>> x = fastnn.ones(2, requires_grad=True)
    >>> (2 * x).detach_().requires_grad
    False
    """
    if base_of(input) is not input:
        raise RuntimeError("detach_: a view keeps its graph; use detach()")
    input.node, input._requires_grad = None, False
    return input


def is_set_to(input: Tensor, tensor: Tensor) -> bool:
    """Whether another tensor is in the same memory, with the same shape and strides."""
    a, b = input._array, tensor._array
    return bool(a.__array_interface__ == b.__array_interface__ and a.strides == b.strides)


def to_dense(input: Tensor) -> Tensor:
    """The tensor itself, as none is sparse."""
    return input
