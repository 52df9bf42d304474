"""Tensors filled by a rule: constants, sequences of numbers, the identity."""

from __future__ import annotations

import builtins
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...autograd.record import array
from ...dtypes import element, result_type
from ...tensor import Tensor, TensorLike, check_constant
from .values import FLOAT, check_room, leaf, size_by_name, sizes

__all__ = [
    "arange",
    "empty",
    "empty_like",
    "empty_permuted",
    "empty_strided",
    "eye",
    "full",
    "full_like",
    "linspace",
    "logspace",
    "ones",
    "ones_like",
    "range",
    "scalar_tensor",
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

    Without `dtype` it is bool, int64 or float32 as the value is. RuntimeError where the type cannot
    hold the value: infinity, NaN and numbers beyond the range of an integer type.

    Examples
    --------
    >>> fastnn.full((2, 2), 7)
    tensor([[7, 7],
            [7, 7]])
    """
    given = number("full", fill_value)
    type_ = result_type(given) if dtype is None else np.dtype(dtype)
    shape = sizes("full", (size,), type_)
    return leaf("full", np.full(shape, element("full", given, type_), type_), device, requires_grad)


def number(op: str, value: Any) -> Any:
    """A number as it is, or of a tensor or list the only element."""
    if isinstance(value, (bool, int, float, np.generic)):
        return value
    check_constant(op, "fill_value", value, TypeError)
    v = array(value)
    if v.ndim:
        raise ValueError(f"{op}: fill_value must be a scalar, got shape {v.shape}")
    return v


@size_by_name
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
    dtype = dtype or FLOAT
    return leaf("zeros", np.zeros(sizes("zeros", size, dtype), dtype), device, requires_grad)


@size_by_name
def ones(*size: Any, dtype: Any = FLOAT, device: Any = None, requires_grad: bool = False) -> Tensor:
    """A tensor of ones.

    Examples
    --------
    >>> fastnn.ones(3, dtype=fastnn.int64)
    tensor([1, 1, 1])
    """
    dtype = dtype or FLOAT
    return leaf("ones", np.ones(sizes("ones", size, dtype), dtype), device, requires_grad)


@size_by_name
def empty(
    *size: Any, dtype: Any = FLOAT, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """A tensor whose elements have no particular values.

    Examples
    --------
    >>> fastnn.empty(2, 3).shape
    (2, 3)
    """
    dtype = dtype or FLOAT
    return leaf("empty", np.empty(sizes("empty", size, dtype), dtype), device, requires_grad)


def empty_strided(
    size: Sequence[int],
    stride: Sequence[int],
    *,
    dtype: Any = FLOAT,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """A tensor of given strides, whose elements have no particular values.

    Parameters
    ----------
    size, stride
        The shape, and for each dimension the distance of neighbours, in elements.
    dtype, device, requires_grad
        As for `empty`.

    Examples
    --------
    >>> fastnn.empty_strided((2, 3), (1, 2)).stride()
    (1, 2)
    """
    shape, steps = tuple(size), tuple(stride)
    if len(shape) != len(steps) or any(n < 0 for n in (*shape, *steps)):
        raise ValueError(
            "empty_strided: size and stride must be numbers of at least 0, as many in both, got "
            f"{shape} and {steps}"
        )
    count = 0 if 0 in shape else 1 + sum([(n - 1) * step for n, step in zip(shape, steps)])
    memory = empty(count, dtype=dtype)._array
    strides = [step * memory.itemsize for step in steps]
    y = np.lib.stride_tricks.as_strided(memory, shape, strides)
    return leaf("empty_strided", y, device, requires_grad)


def empty_permuted(
    size: Sequence[int],
    physical_layout: Sequence[int],
    *,
    dtype: Any = FLOAT,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """A dense tensor whose dimensions lie in memory in a given order, of no particular values.

    Parameters
    ----------
    size
        The shape.
    physical_layout
        The dimensions from the one with the longest strides to that with the shortest.
    dtype, device, requires_grad
        As for `empty`.

    Examples
    --------
    >>> fastnn.empty_permuted((2, 3, 4, 5), (0, 2, 3, 1)).stride()
    (60, 1, 15, 3)
    """
    order = [int(axis) for axis in physical_layout]
    if sorted(order) != [*builtins.range(len(size))]:
        raise ValueError(
            f"empty_permuted: physical_layout must name the {len(size)} dimensions of size once, "
            f"got {tuple(order)}"
        )
    y = empty(*[size[axis] for axis in order], dtype=dtype)._array
    return leaf("empty_permuted", y.transpose(np.argsort(order)), device, requires_grad)


def scalar_tensor(
    s: Any, *, dtype: Any = FLOAT, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """A tensor without dimensions, of float32 unless `dtype` names another type.

    Examples
    --------
    >>> fastnn.scalar_tensor(2)
    tensor(2.)
    """
    value = full((), s, dtype=dtype or FLOAT)._array
    return leaf("scalar_tensor", value, device, requires_grad)


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
    x = array(input)
    type_ = x.dtype if dtype is None else np.dtype(dtype)
    value = element("full_like", number("full_like", fill_value), type_)
    return leaf("full_like", np.full_like(x, value, type_), device, requires_grad)


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

    Without `dtype` they are int64, or float32 if any of the numbers is a float.

    Examples
    --------
    >>> fastnn.arange(4)
    tensor([0, 1, 2, 3])
    >>> fastnn.arange(0, 1, 0.25)
    tensor([0.  , 0.25, 0.5 , 0.75])
    """
    if end is None:
        start, end = 0, start
    start, end, step = [
        item("arange", name, v) for name, v in (("start", start), ("end", end), ("step", step))
    ]
    if step == 0:
        raise ValueError("arange: step must not be 0")
    if (end - start) * step < 0:
        raise ValueError(f"arange: step {step} never leads from {start} to {end}")
    if not math.isfinite(end - start):
        raise ValueError(f"arange: bounds must be finite, got {start} and {end}")
    type_ = result_type(start, end, step) if dtype is None else np.dtype(dtype)
    if type_.kind == "b":  # as in PyTorch, also of truth values
        type_ = np.dtype(np.int64)
    check_room("arange", (int((end - start) // step),), type_)
    return leaf("arange", np.asarray(np.arange(start, end, step), type_), device, requires_grad)


def range(
    start: Any,
    end: Any = None,
    step: Any = 1,
    *,
    dtype: Any = FLOAT,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Values from `start` up to `end`, which is one of them; with one argument, from 0.

    As `arange`, which is without the end and is to be preferred; of float32 unless `dtype` names
    another type.

    Examples
    --------
    >>> fastnn.range(1, 4)
    tensor([1., 2., 3., 4.])
    """
    if end is None:
        start, end = 0, start
    first, last, by = [
        item("range", name, v) for name, v in (("start", start), ("end", end), ("step", step))
    ]
    if by == 0 or (last - first) * by < 0:
        raise ValueError(f"range: step {by} never leads from {first} to {last}")
    count = int((last - first) / by) + 1
    places = arange(count, dtype=np.float64)._array
    values = (first + places * by).astype(dtype or FLOAT)
    return leaf("range", values, device, requires_grad)


def item(op: str, name: str, value: Any) -> Any:
    """A number as Python has it, also of a tensor."""
    if not hasattr(value, "item"):
        return value
    check_constant(op, name, value, TypeError)
    return value.item()


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
    type_, steps = spaced("linspace", start, end, steps, dtype)
    return leaf("linspace", np.linspace(start, end, steps, dtype=type_), device, requires_grad)


def spaced(op: str, start: Any, end: Any, steps: Any, dtype: Any) -> tuple[Any, int]:
    """The type and the number of evenly spaced values, checked."""
    type_ = FLOAT if dtype is None else np.dtype(dtype)
    (steps,) = sizes(op, (steps,), type_)
    for bound in (start, end):
        element(op, bound, type_)
    return type_, steps


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
    type_, steps = spaced("logspace", base**start, base**end, steps, dtype)
    values = np.logspace(start, end, steps, base=base, dtype=type_)
    return leaf("logspace", values, device, requires_grad)


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
    rows, columns = sizes("eye", (n, n if m is None else m), dtype or FLOAT)
    return leaf("eye", np.eye(rows, columns, dtype=dtype or FLOAT), device, requires_grad)
