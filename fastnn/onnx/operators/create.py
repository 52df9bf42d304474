"""Arrays that follow from sizes and attributes."""

from __future__ import annotations

import numpy as np

from ... import ops
from ...autograd.record import Array
from ...tensor import Tensor
from .table import operator


@operator("Constant")
def constant(*, value: Array) -> Tensor:
    return Tensor(value)


@operator("ConstantOfShape")
def constant_of_shape(shape: Tensor, *, value: Array | None = None) -> Tensor:
    number = np.zeros(1, np.float32) if value is None else value
    if number.size != 1:
        raise ValueError(f"value must be one number, got shape {number.shape}")
    return ops.full(ints(shape), number.reshape(-1)[0], dtype=number.dtype)


def ints(x: Tensor) -> tuple[int, ...]:
    """A list of sizes."""
    return tuple([int(n) for n in x.numpy().reshape(-1)])


@operator("Range")
def arange(start: Tensor, limit: Tensor, delta: Tensor) -> Tensor:
    return ops.arange(start.item(), limit.item(), delta.item(), dtype=start.dtype)


@operator("Shape")
def shape(x: Tensor, *, start: int = 0, end: int | None = None) -> Tensor:
    return Tensor(np.array(x.shape[start:end], np.int64))


@operator("Size")
def size(x: Tensor) -> Tensor:
    return Tensor(np.array(x.numel(), np.int64))


@operator("OneHot")
def one_hot(indices: Tensor, depth: Tensor, values: Tensor, *, axis: int = -1) -> Tensor:
    off, on = values.numpy().reshape(-1).tolist()
    n = int(depth.item())
    y = ops.one_hot(ops.remainder(indices, n).to(np.int64), n).to(values.dtype) * (on - off) + off
    return ops.movedim(y, -1, axis).to(values.dtype)
