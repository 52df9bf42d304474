"""Tensors of random numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...autograd.record import Array, array
from ...dtypes import element
from ...random import Generator, default_generator
from ...tensor import Tensor, TensorLike
from ..elementwise.operands import operand
from .values import FLOAT, leaf, size_by_name, sizes

__all__ = [
    "normal",
    "rand",
    "rand_like",
    "randint",
    "randint_like",
    "randn",
    "randn_like",
    "randperm",
]


def draw_type(op: str, dtype: Any) -> Any:
    """float32 or float64, which are what NumPy draws."""
    dtype = FLOAT if dtype is None else np.dtype(dtype)
    if dtype not in (np.float32, np.float64):
        raise TypeError(f"{op}: dtype must be float32 or float64, got {dtype}")
    return dtype


@size_by_name
def rand(
    *size: Any,
    generator: Generator | None = None,
    dtype: Any = FLOAT,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Uniform random numbers in [0, 1).

    Examples
    --------
    >>> fastnn.rand(2, 3).shape
    (2, 3)
    """
    source = (generator or default_generator).numpy
    values = source.random(sizes("rand", size, np.float64), dtype=draw_type("rand", dtype))
    return leaf("rand", np.asarray(values), device, requires_grad)


@size_by_name
def randn(
    *size: Any,
    generator: Generator | None = None,
    dtype: Any = FLOAT,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Random numbers from the standard normal distribution.

    Examples
    --------
    >>> fastnn.randn(2, 3, requires_grad=True).is_leaf
    True
    """
    source = (generator or default_generator).numpy
    values = source.standard_normal(
        sizes("randn", size, np.float64), dtype=draw_type("randn", dtype)
    )
    return leaf("randn", np.asarray(values), device, requires_grad)


def normal(
    mean: TensorLike = 0.0,
    std: TensorLike = 1.0,
    size: Sequence[int] | None = None,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Random numbers from the normal distribution with `mean` and standard deviation `std`.

    Parameters
    ----------
    mean, std
        Numbers, or tensors that broadcast: one of each for every number that is drawn.
    size
        The shape, by default that of `mean` and `std`.
    dtype
        float32 or float64, by default that of `mean` if it is a tensor, else of `std`.

    Examples
    --------
    >>> fastnn.normal(fastnn.arange(3.0), 0.0)
    tensor([0., 1., 2.])
    """
    m, s = operand(mean), operand(std)
    tensors = [x for x in (m, s) if isinstance(x, np.ndarray)]
    if np.any(np.less(s, 0)):
        raise ValueError(f"normal: std must not be negative, got {np.min(s)}")
    if size is None:
        size = np.broadcast_shapes(*[x.shape for x in tensors])
    if dtype is None and tensors:
        dtype = tensors[0].dtype
    out = randn(*size, generator=generator, dtype=draw_type("normal", dtype))._array
    out *= s
    out += m
    return leaf("normal", out, device, requires_grad)


def randint(
    low: int = 0,
    high: int | Sequence[int] | None = None,
    size: Sequence[int] | None = None,
    *,
    generator: Generator | None = None,
    dtype: Any = np.int64,
    device: Any = None,
) -> Tensor:
    """Random integers from `low` up to but without `high`; from 0 if only one bound is given.

    Examples
    --------
    >>> bool((fastnn.randint(10, (100,)) < 10).all())
    True
    """
    if size is None:
        if not isinstance(high, (tuple, list)):
            raise TypeError("randint: size is missing; randint(high, size) or (low, high, size)")
        high, size = None, high
    low, top = (0, low) if high is None else (low, int(high))  # type: ignore[arg-type]
    if not low < top:
        raise ValueError(f"randint: low must be below high, got {low} and {top}")
    for extreme in (low, top - 1):
        element("randint", extreme, np.dtype(dtype))
    source = (generator or default_generator).numpy
    drawn = source.integers(low, top, sizes("randint", (size,), np.int64), dtype=np.int64)
    return leaf("randint", np.asarray(drawn).astype(dtype, copy=False), device)


def randperm(
    n: int, *, generator: Generator | None = None, dtype: Any = np.int64, device: Any = None
) -> Tensor:
    """The integers from 0 to ``n - 1`` in random order.

    Examples
    --------
    >>> sorted(fastnn.randperm(4).tolist())
    [0, 1, 2, 3]
    """
    (n,) = sizes("randperm", (n,), np.int64)
    drawn = (generator or default_generator).numpy.permutation(n)
    return leaf("randperm", drawn.astype(dtype, copy=False), device)


def rand_like(
    input: TensorLike, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Uniform random numbers in [0, 1) in the shape and type of `input`."""
    x = array(input)
    y = in_order_of(x, rand(*x.shape, dtype=dtype or x.dtype)._array)
    return leaf("rand_like", y, device, requires_grad)


def randn_like(
    input: TensorLike, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Standard normal random numbers in the shape and type of `input`."""
    x = array(input)
    y = in_order_of(x, randn(*x.shape, dtype=dtype or x.dtype)._array)
    return leaf("randn_like", y, device, requires_grad)


def randint_like(
    input: TensorLike, low: int, high: int | None = None, *, dtype: Any = None, device: Any = None
) -> Tensor:
    """Random integers in the shape and type of `input`."""
    x = array(input)
    if high is None:
        low, high = 0, low
    y = in_order_of(x, randint(low, high, x.shape, dtype=dtype or x.dtype)._array)
    return leaf("randint_like", y, device)


def in_order_of(x: Array, y: Array) -> Array:
    """The same numbers in the same places, in memory in the order of x."""
    if x.flags.c_contiguous:
        return y
    moved = np.empty_like(x, y.dtype)
    moved[...] = y
    return moved
