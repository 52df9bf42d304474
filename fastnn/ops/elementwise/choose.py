"""One of several elements: the larger, the smaller, within bounds, by a condition."""

from __future__ import annotations

from typing import Any, overload

import numpy as np

from ... import _core
from ...autograd.record import Array, Grads, Node, array, record
from ...dtypes import check_real, element
from ...tensor import Tensor, TensorLike
from .. import index
from ..widen import total
from .operands import check_fit, fit, from_kernel, like, operand

__all__ = ["clamp", "clamp_max", "clamp_min", "clip", "fill", "maximum", "minimum", "where"]


def maximum(input: TensorLike, other: TensorLike) -> Tensor:
    """Larger of two elements, NaN if either is.

    Arguments and result are those of `mul`. Where both are equal, each gets half of the gradient.

    Examples
    --------
    >>> fastnn.maximum(fastnn.tensor([1.0, 5.0]), fastnn.tensor([3.0, 2.0]))
    tensor([3., 5.])
    """
    a, b = operand(input), operand(other)
    y = _core.maximum(a, b)
    if y.dtype.kind in "iu":
        check_fit("maximum", y, a, b)
    return record(y, maximum_backward, (input, other), a, b)


maximum_backward = from_kernel(_core.maximum_backward)


def minimum(input: TensorLike, other: TensorLike) -> Tensor:
    """Smaller of two elements, NaN if either is.

    Arguments and result are those of `maximum`.

    Examples
    --------
    >>> fastnn.minimum(fastnn.tensor([1.0, 5.0]), fastnn.tensor([3.0, 2.0]))
    tensor([1., 2.])
    """
    a, b = operand(input), operand(other)
    y = _core.minimum(a, b)
    if y.dtype.kind in "iu":
        check_fit("minimum", y, a, b)
    return record(y, minimum_backward, (input, other), a, b)


minimum_backward = from_kernel(_core.minimum_backward)


@overload
def where(condition: TensorLike) -> tuple[Tensor, ...]: ...
@overload
def where(condition: TensorLike, input: TensorLike, other: TensorLike) -> Tensor: ...
def where(
    condition: TensorLike, input: TensorLike | None = None, other: TensorLike | None = None
) -> Any:
    """Elements of `input` where the condition is true, of `other` where it is false.

    Parameters
    ----------
    condition
        Boolean, or uint8 of which all but 0 is true.
    input, other
        Tensors or numbers; all three broadcast. Without them the result is where the condition is
        true, as of ``nonzero(condition, as_tuple=True)``.

    Returns
    -------
    Tensor
        Of the common shape.

    Examples
    --------
    >>> x = fastnn.tensor([-1.0, 2.0])
    >>> fastnn.where(x > 0, x, 0.0)
    tensor([0., 2.])
    """
    if input is None and other is None:
        return index.nonzero(condition, as_tuple=True)
    c, a, b = operand(condition), operand(input), operand(other)
    if isinstance(c, np.ndarray) and c.dtype == np.uint8:
        c = c != 0
    y = _core.where(c, a, b)
    if y.dtype.kind in "iu":
        check_fit("where", y, a, b)
    return record(y, where_backward, (input, other), c, like(a), like(b))


def where_backward(node: Node, dy: Array) -> Grads:
    c, a, b = node.saved
    da, db = _core.where_backward(dy, c, *node.needs)
    return (fit(da, a), fit(db, b))


def where_method(input: Tensor, condition: TensorLike, other: TensorLike) -> Tensor:
    """Its elements where the condition is true, those of `other` where it is false."""
    return where(condition, input, other)


def clamp(
    input: TensorLike, min: TensorLike | None = None, max: TensorLike | None = None
) -> Tensor:
    """Every element brought into a range: ``y = minimum(maximum(input, min), max)``.

    Parameters
    ----------
    input
        Of any shape.
    min, max
        The bounds, numbers or tensors that broadcast with `input`; at most one of them None. Where
        ``min > max``, the result is `max`.

    Returns
    -------
    Tensor
        ``y``, of the common shape. Gradients flow where nothing was cut off, bounds included.

    Examples
    --------
    >>> fastnn.clamp(fastnn.tensor([-2.0, 0.5, 3.0]), 0.0, 1.0)
    tensor([0. , 0.5, 1. ])
    """
    x = operand(input)
    if min is None and max is None:
        raise ValueError("clamp: at least one of min and max must be given, got None for both")
    low = -np.inf if min is None else operand(min)
    high = np.inf if max is None else operand(max)
    if min is None:
        y = _core.minimum(x, high)
    elif max is None:
        y = _core.maximum(x, low)
    else:
        y = _core.clamp(x, low, high)
    if y.dtype.kind in "iu":
        check_fit("clamp", y, low, high)
    return record(y, clamp_backward, (input, min, max), x, low, high)


def clamp_backward(node: Node, dy: Array) -> Grads:
    x, low, high = node.saved
    first, *bounds = node.needs
    dx = _core.clamp_backward(dy, x, low, high) if first else None
    if not any(bounds):
        return (fit(dx, x), None, None)
    dlow, dhigh = _core.clamp_bounds_backward(dy, x, low, high, *bounds)
    return (fit(dx, x), fit(dlow, low), fit(dhigh, high))


def clamp_min(input: TensorLike, min: TensorLike) -> Tensor:
    """Every element brought up to a lower bound: `clamp` without `max`.

    Arguments and result are those of `clamp`.

    Examples
    --------
    >>> fastnn.clamp_min(fastnn.tensor([-2.0, 0.5]), 0.0)
    tensor([0. , 0.5])
    """
    return clamp(input, min)


def clamp_max(input: TensorLike, max: TensorLike) -> Tensor:
    """Every element brought down to an upper bound: `clamp` without `min`.

    Arguments and result are those of `clamp`.

    Examples
    --------
    >>> fastnn.clamp_max(fastnn.tensor([2.0, 0.5]), 1.0)
    tensor([1. , 0.5])
    """
    return clamp(input, None, max)


def fill(input: TensorLike, value: TensorLike) -> Tensor:
    """One value in the shape and type of `input`, which keeps its own: see `Tensor.fill_`.

    Parameters
    ----------
    input
        Of any shape.
    value
        A number that the type holds, or a 0-d tensor, which gets the sum of the gradients.

    Returns
    -------
    Tensor
        A new tensor like `input`.

    Examples
    --------
    >>> fastnn.fill(fastnn.tensor([1.0, 2.0]), 3.0)
    tensor([3., 3.])
    """
    x = array(input)
    check_real("fill", x, stored=True)
    v = value if isinstance(value, (bool, int, float)) else array(value)
    if isinstance(v, np.ndarray) and v.ndim:
        raise ValueError(f"fill: value must be a number or a 0-d tensor, got shape {v.shape}")
    y = np.full_like(x, element("fill", v, x.dtype))
    return record(y, fill_backward, (input, value), x.shape, getattr(v, "dtype", None))


def fill_backward(node: Node, dy: Array) -> Grads:
    shape, dtype = node.saved
    first, second = node.needs
    return (
        np.zeros(shape, dy.dtype) if first else None,
        total(dy, dtype) if second else None,
    )


clip = clamp
