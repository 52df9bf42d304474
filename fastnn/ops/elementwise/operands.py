"""What operations on several tensors take, and what their gradients need of it."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..._core import alike
from ...autograd.function import Array, array, unbroadcast
from ...tensor import Tensor


def operand(value: Any) -> Any:
    """What a kernel takes: the array of a tensor or list, arrays and numbers as they are."""
    if isinstance(value, Tensor):
        return value.data
    return array(value) if isinstance(value, (list, tuple)) else value


def like(x: Any) -> Any:
    """Shape and dtype of an operand, which is all that some gradients need of it."""
    return (x.shape, x.dtype) if type(x) is np.ndarray else None


def likes(a: Any, b: Any) -> tuple[Any, ...]:
    """`like` of both, or nothing where the result is like either of them."""
    return () if alike(a, b) else (like(a), like(b))


def fit(dy: Array | None, x: Any) -> Array | None:
    """The gradient of an operand from that of the result: summed to its shape, in its dtype."""
    if dy is None or alike(dy, x):
        return dy
    shape, dtype = x if type(x) is tuple else (x.shape, x.dtype)
    if dy.shape != shape:
        dy = unbroadcast(dy, shape)
    return dy if dy.dtype == dtype else dy.astype(dtype)
