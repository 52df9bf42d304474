"""Differences of neighbours, and integrals by the trapezoidal rule."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd.record import array
from ..tensor import Tensor, TensorLike
from .elementwise.arithmetic import add, div, mul, sub
from .elementwise.compare import ne
from .index.basic import narrow
from .join.concatenate import cat
from .reduce.sums import sum
from .scan import cumsum
from .shape import axes_of, axis_of, clone

__all__ = ["cumulative_trapezoid", "diff", "gradient", "trapezoid", "trapz"]


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


def gradient(
    input: TensorLike, *, spacing: Any = 1, dim: Any = None, edge_order: int = 1
) -> list[Tensor]:
    r"""Derivatives of a function from its values at places on a grid, by differences.

    Inside, with the distances h to the place before and k to the next one:
    :math:`f' = \frac{h^2 f_+ + (k^2 - h^2) f - k^2 f_-}{h k (h + k)}`.

    Parameters
    ----------
    input
        The values, floats, of at least one dimension.
    spacing
        The distance of neighbours, one for each dimension, or for each the places as a vector.
    dim
        The dimensions, by default all.
    edge_order
        1 or 2: how many differences the derivatives at the ends are made of.

    Returns
    -------
    list of Tensor
        For each dimension a tensor in the shape of `input`, through which gradients flow.

    Raises
    ------
    ValueError
        For fewer than ``edge_order + 1`` places, and where spacings do not fit dimensions.

    Examples
    --------
    >>> fastnn.gradient(fastnn.tensor([1.0, 4.0, 9.0, 16.0]))
    [tensor([3., 4., 6., 7.])]
    """
    x = array(input)
    if x.dtype.kind != "f":
        raise TypeError(f"gradient: input must have a float type, got {x.dtype}")
    if edge_order not in (1, 2):
        raise ValueError(f"gradient: edge_order must be 1 or 2, got {edge_order}")
    axes = axes_of("gradient", tuple(range(x.ndim)) if dim is None else dim, x.ndim, "dim")
    several = isinstance(spacing, (tuple, list))
    if several and len(spacing) != len(axes):
        raise ValueError(f"gradient: expected {len(axes)} spacings, got {len(spacing)}")
    spacings = spacing if several else [spacing] * len(axes)
    return [slope(input, axis, s, edge_order) for axis, s in zip(axes, spacings)]


def slope(input: TensorLike, axis: int, spacing: Any, edge_order: int) -> Tensor:
    """The derivative along one dimension."""
    x = array(input)
    count = x.shape[axis]
    if count <= edge_order:
        raise ValueError(
            f"gradient: dim {axis} must have at least {edge_order + 1} elements, got {count}"
        )
    places = array(spacing)
    if places.ndim and places.shape != (count,):
        raise ValueError(
            f"gradient: the places along dim {axis} must have shape ({count},), got {places.shape}"
        )
    distances = places[1:] - places[:-1] if places.ndim else places + np.zeros(count - 1)
    shape = [1] * x.ndim
    shape[axis] = -1
    h = distances.astype(x.dtype).reshape(shape)
    first, second = neighbours(input, axis)
    steps = div(sub(second, first), h)
    if count == 2:
        return cat([steps, steps], axis)
    before, after = neighbours(h, axis)
    left, right = neighbours(steps, axis)
    inner = div(add(mul(left, after), mul(right, before)), add(before, after))
    ends = [narrow(steps, axis, 0, 1), narrow(steps, axis, count - 2, 1)]
    if edge_order == 2:  # a parabola's slope at its ends: it is that of a step in the middle
        inward = (narrow(inner, axis, 0, 1), narrow(inner, axis, count - 3, 1))
        ends = [sub(mul(end, 2.0), other) for end, other in zip(ends, inward)]
    return cat([ends[0], inner, ends[1]], axis)
