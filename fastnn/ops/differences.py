"""Differences of neighbours, and integrals by the trapezoidal rule."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd.record import array
from ..tensor import Tensor, TensorLike
from .elementwise.arithmetic import add, mul, sub
from .elementwise.compare import ne
from .index.basic import narrow
from .join.concatenate import cat
from .reduce.sums import sum
from .scan import cumsum
from .shape import axis_of, clone

__all__ = ["cumulative_trapezoid", "diff", "trapezoid", "trapz"]


def diff(
    input: TensorLike,
    n: int = 1,
    dim: int = -1,
    prepend: TensorLike | None = None,
    append: TensorLike | None = None,
) -> Tensor:
    """Differences of neighbours along a dimension, ``y_i = x_{i+1} - x_i``, `n` times.

    Parameters
    ----------
    input
        Of at least one dimension; of truth values, whether they differ.
    n
        How often, from 0 on.
    dim
        The dimension.
    prepend, append
        What is put before and behind the input first.

    Examples
    --------
    >>> fastnn.diff(fastnn.tensor([1, 4, 9]))
    tensor([3, 5])
    """
    x = array(input)
    if x.ndim == 0:
        raise ValueError("diff: input must have at least one dimension, got a 0-d tensor")
    axis = axis_of("diff", dim, x.ndim)
    if n < 0:
        raise ValueError(f"diff: n must not be negative, got {n}")
    parts = [part for part in (prepend, input, append) if part is not None]
    y = cat(parts, axis) if len(parts) > 1 else input
    result = clone(y)
    for _ in range(min(n, result.shape[axis])):
        first, second = neighbours(result, axis)
        result = ne(second, first) if x.dtype == np.bool_ else sub(second, first)
    return result


def neighbours(y: TensorLike, axis: int) -> tuple[Tensor, Tensor]:
    """All elements but the last along a dimension, and all but the first."""
    count = max(array(y).shape[axis] - 1, 0)
    first = narrow(y, axis, 0, count)
    return first, narrow(y, axis, min(1, array(y).shape[axis]), count)


def steps(op: str, y: TensorLike, x: TensorLike | None, dx: Any, dim: int) -> tuple[Tensor, int]:
    """Twice the areas between neighbours, and the dimension."""
    values = array(y)
    axis = axis_of(op, dim, values.ndim)
    sums = add(*neighbours(y, axis))
    if x is None:
        return mul(sums, 1.0 if dx is None else dx), axis
    if dx is not None:
        raise TypeError(f"{op}: give x or dx, not both")
    places = array(x)
    if places.ndim == 1:
        shape = [1] * values.ndim
        shape[axis] = -1
        x = x.reshape(shape) if isinstance(x, Tensor) else places.reshape(shape)
    elif places.ndim != values.ndim:
        raise ValueError(
            f"{op}: x must be a vector or have as many dimensions as y, got {places.shape}"
        )
    if array(x).shape[axis] != values.shape[axis]:
        raise ValueError(
            f"{op}: x must have {values.shape[axis]} elements in dim {dim}, got {places.shape}"
        )
    first, second = neighbours(x, axis)
    return mul(sums, sub(second, first)), axis


def trapezoid(
    y: TensorLike, x: TensorLike | None = None, *, dx: Any = None, dim: int = -1
) -> Tensor:
    """Integral along a dimension by the trapezoidal rule.

    Parameters
    ----------
    y
        The values, of at least one dimension.
    x
        Where they are: a vector, or of the shape of `y`.
    dx
        Their distance, by default 1.
    dim
        The dimension.

    Examples
    --------
    >>> fastnn.trapezoid(fastnn.tensor([1.0, 2.0, 3.0])).item()
    4.0
    """
    areas, axis = steps("trapezoid", y, x, dx, dim)
    return mul(sum(areas, axis), 0.5)


def cumulative_trapezoid(
    y: TensorLike, x: TensorLike | None = None, *, dx: Any = None, dim: int = -1
) -> Tensor:
    """Integrals up to each element but the first, by the trapezoidal rule.

    Parameters are those of `trapezoid`.

    Examples
    --------
    >>> fastnn.cumulative_trapezoid(fastnn.tensor([1.0, 2.0, 3.0]))
    tensor([1.5, 4. ])
    """
    areas, axis = steps("cumulative_trapezoid", y, x, dx, dim)
    return mul(cumsum(areas, axis), 0.5)


trapz = trapezoid
