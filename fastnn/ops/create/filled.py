"""Tensors filled by a rule: constants, sequences of numbers, the identity."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...autograd.record import array
from ...tensor import Tensor, TensorLike, as_array
from .values import FLOAT, leaf, sizes

__all__ = [
    "arange",
    "empty",
    "empty_like",
    "eye",
    "full",
    "full_like",
    "linspace",
    "logspace",
    "ones",
    "ones_like",
    "zeros",
    "zeros_like",
]


def full(
    size: Sequence[int] | int,
    fill_value: Any,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """A tensor of shape `size` with every element `fill_value`.

    Examples
    --------
    >>> fastnn.full((2, 2), 7)
    tensor([[7, 7],
            [7, 7]])
    """
    value = as_array(fill_value, dtype)
    if value.ndim:
        raise ValueError(f"full: fill_value must be a scalar, got shape {value.shape}")
    return leaf("full", np.full(sizes("full", (size,)), value), device, requires_grad)


def zeros(
    *size: Any, dtype: Any = FLOAT, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """A tensor of zeros.

    Examples
    --------
    >>> fastnn.zeros(2, 3)
    tensor([[0., 0., 0.],
            [0., 0., 0.]])
    """
    return leaf("zeros", np.zeros(sizes("zeros", size), dtype or FLOAT), device, requires_grad)


def ones(*size: Any, dtype: Any = FLOAT, device: Any = None, requires_grad: bool = False) -> Tensor:
    """A tensor of ones.

    Examples
    --------
    >>> fastnn.ones(3, dtype=fastnn.int64)
    tensor([1, 1, 1])
    """
    return leaf("ones", np.ones(sizes("ones", size), dtype or FLOAT), device, requires_grad)


def empty(
    *size: Any, dtype: Any = FLOAT, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """A tensor whose elements have no particular values.

    Examples
    --------
    >>> fastnn.empty(2, 3).shape
    (2, 3)
    """
    return leaf("empty", np.empty(sizes("empty", size), dtype or FLOAT), device, requires_grad)


def zeros_like(
    input: TensorLike, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Zeros in the shape and type of `input`."""
    return leaf("zeros_like", np.zeros_like(array(input), dtype), device, requires_grad)


def ones_like(
    input: TensorLike, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Ones in the shape and type of `input`."""
    return leaf("ones_like", np.ones_like(array(input), dtype), device, requires_grad)


def empty_like(
    input: TensorLike, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """A tensor in the shape and type of `input`, of no particular values."""
    return leaf("empty_like", np.empty_like(array(input), dtype), device, requires_grad)


def full_like(
    input: TensorLike,
    fill_value: Any,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """`fill_value` in the shape and type of `input`."""
    return leaf(
        "full_like", np.full_like(array(input), array(fill_value), dtype), device, requires_grad
    )


def arange(
    start: Any,
    end: Any = None,
    step: Any = 1,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Values from `start` up to but without `end`; with one argument, from 0.

    Examples
    --------
    >>> fastnn.arange(4)
    tensor([0, 1, 2, 3])
    >>> fastnn.arange(0, 1, 0.25)
    tensor([0.  , 0.25, 0.5 , 0.75])
    """
    if end is None:
        start, end = 0, start
    if step == 0:
        raise ValueError("arange: step must not be 0")
    if (end - start) * step < 0:
        raise ValueError(f"arange: step {step} never leads from {start} to {end}")
    if dtype is None and any(isinstance(v, float) for v in (start, end, step)):
        dtype = FLOAT
    return leaf("arange", np.asarray(np.arange(start, end, step), dtype), device, requires_grad)


def linspace(
    start: float,
    end: float,
    steps: int,
    *,
    dtype: Any = FLOAT,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """`steps` values evenly spaced from `start` to `end`, both included.

    Examples
    --------
    >>> fastnn.linspace(0, 1, 5)
    tensor([0.  , 0.25, 0.5 , 0.75, 1.  ])
    """
    return leaf("linspace", np.linspace(start, end, steps, dtype=dtype), device, requires_grad)


def logspace(
    start: float,
    end: float,
    steps: int,
    base: float = 10.0,
    *,
    dtype: Any = FLOAT,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """`steps` values from ``base**start`` to ``base**end``, their logarithms evenly spaced."""
    return leaf(
        "logspace", np.logspace(start, end, steps, base=base, dtype=dtype), device, requires_grad
    )


def eye(
    n: int,
    m: int | None = None,
    *,
    dtype: Any = FLOAT,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Ones on the diagonal of an ``n`` by ``m`` matrix of zeros.

    Examples
    --------
    >>> fastnn.eye(2)
    tensor([[1., 0.],
            [0., 1.]])
    """
    return leaf("eye", np.eye(n, m, dtype=dtype or FLOAT), device, requires_grad)
