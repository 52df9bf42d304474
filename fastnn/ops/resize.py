"""Changing the shape of a tensor's memory, as old programs do."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..tensor import Tensor
from ..tensor.size import sizes

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
