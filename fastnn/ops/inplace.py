"""Changing a tensor in place; for arithmetic see `elementwise.inplace`.

Outside the graph the array itself is changed. Inside it (a gradient flows through the tensor or the
new value) the result is computed as by the operation without the underscore and the tensor takes it
over; views of the old array then do not change. A leaf that requires a gradient may only be changed
under `no_grad`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd.changes import changed
from ..autograd.record import array
from ..autograd.tape import mode
from ..random import Generator, default_generator
from ..tensor import Tensor, TensorLike
from . import index
from .rearrange import tril, triu

__all__: list[str] = []  # methods only


def recorded(op: str, input: Tensor, *others: Any) -> bool:
    """Whether a change belongs to a graph; an error for a leaf that requires a gradient."""
    if not mode.enabled:
        return False
    if input.requires_grad:
        if input.node is None:
            raise RuntimeError(
                f"{op}: a leaf that requires a gradient cannot be changed in place; use no_grad() "
                "or detach()"
            )
        return True
    return any(isinstance(x, Tensor) and x.requires_grad for x in others)


def take_over(op: str, input: Tensor, result: Tensor) -> Tensor:
    """`input` becomes what `result` is."""
    if result._array.shape != input._array.shape or result._array.dtype != input._array.dtype:
        raise RuntimeError(
            f"{op}: a result of shape {result.shape} and type {result.dtype} does not fit into a "
            f"tensor of shape {input.shape} and type {input.dtype}"
        )
    input._array, input.node, input.requires_grad = result._array, result.node, result.requires_grad
    return input


def zero_(input: Tensor) -> Tensor:
    """Set all elements to 0."""
    return fill_(input, 0)


def fill_(input: Tensor, value: TensorLike) -> Tensor:
    """Set all elements to one value."""
    if recorded("fill_", input, value):
        return take_over("fill_", input, index.put(input, ..., value))
    input._array.fill(array(value).reshape(()))
    changed((input._array,))
    return input


def copy_(input: Tensor, src: TensorLike) -> Tensor:
    """Set the elements to those of `src`, broadcast and cast."""
    if recorded("copy_", input, src):
        return take_over("copy_", input, index.put(input, ..., src))
    index.store(input._array, ..., array(src))
    changed((input._array,))
    return input


def setitem(input: Tensor, key: Any, value: TensorLike) -> None:
    """``input[key] = value``."""
    if recorded("index", input, value):
        take_over("index", input, index.put(input, key, value))
    else:
        index.store(input._array, index.plain_key(key), array(value))
        changed((input._array,))


def masked_fill_(input: Tensor, mask: TensorLike, value: TensorLike) -> Tensor:
    """Set the elements where `mask` is true."""
    if recorded("masked_fill_", input, value):
        return take_over("masked_fill_", input, index.masked_fill(input, mask, value))
    return copy_(input, index.masked_fill(input._array, mask, array(value)))


def tril_(input: Tensor, diagonal: int = 0) -> Tensor:
    """Set what lies above a diagonal to 0."""
    return copy_(input, tril(input, diagonal))


def triu_(input: Tensor, diagonal: int = 0) -> Tensor:
    """Set what lies below a diagonal to 0."""
    return copy_(input, triu(input, diagonal))


def uniform_(
    input: Tensor, low: float = 0.0, high: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """Fill with uniform random numbers from [low, high)."""
    recorded("uniform_", input)
    source = (generator or default_generator).numpy
    input._array[...] = source.random(input.shape, draw_dtype(input)) * (high - low) + low
    changed((input._array,))
    return input


def normal_(
    input: Tensor, mean: float = 0.0, std: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """Fill with normal random numbers."""
    recorded("normal_", input)
    source = (generator or default_generator).numpy
    input._array[...] = source.standard_normal(input.shape, draw_dtype(input)) * std + mean
    changed((input._array,))
    return input


def draw_dtype(input: Tensor) -> Any:
    """Numbers are drawn in the tensor's own type where NumPy can."""
    return np.float64 if input._array.dtype == np.float64 else np.float32
