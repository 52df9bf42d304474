"""Signs, squares, roots and rounding, element by element."""

from __future__ import annotations

import numpy as np

from ... import _core
from ...autograd.record import Array, Grads, Node, array, record
from ...autograd.views import as_view
from ...dtypes import check_real
from ...tensor import Tensor, TensorLike
from ..backward import from_kernel
from ..copy import zeros_like

__all__ = [
    "abs",
    "absolute",
    "ceil",
    "fix",
    "floor",
    "frac",
    "nan_to_num",
    "neg",
    "negative",
    "positive",
    "reciprocal",
    "round",
    "rsqrt",
    "sgn",
    "sign",
    "sqrt",
    "square",
    "trunc",
]


def neg(input: TensorLike) -> Tensor:
    """Negative of each element: ``y = -x``.

    Parameters
    ----------
    input
        ``x``, of any shape.

    Returns
    -------
    Tensor
        ``y``, of the same shape.

    Examples
    --------
    >>> fastnn.neg(fastnn.tensor([1.0, -2.0]))
    tensor([-1.,  2.])
    """
    x = array(input)
    return record(_core.neg(x), neg_backward, (input,))


def neg_backward(node: Node, dy: Array) -> Grads:
    return (_core.neg(dy),)


def abs(input: TensorLike) -> Tensor:
    """Absolute value of each element: ``y = abs(x)``.

    Arguments and result are those of `neg`.

    Examples
    --------
    >>> fastnn.abs(fastnn.tensor([-1.5, 2.0]))
    tensor([1.5, 2. ])
    """
    x = array(input)
    return record(_core.abs(x), abs_backward, (input,), x)


abs_backward = from_kernel(_core.abs_backward)


def sign(input: TensorLike) -> Tensor:
    """Sign of each element: ``y = -1, 0 or 1``; its gradient is zero.

    Arguments and result are those of `neg`.

    Examples
    --------
    >>> fastnn.sign(fastnn.tensor([-3.0, 0.0, 2.0]))
    tensor([-1.,  0.,  1.])
    """
    x = array(input)
    return record(_core.sign(x), zero_backward, (input,))


def zero_backward(node: Node, dy: Array) -> Grads:
    return (zeros_like(dy),)


def square(input: TensorLike) -> Tensor:
    """Square of each element: ``y = x^2``.

    Arguments and result are those of `neg`.

    Examples
    --------
    >>> fastnn.square(fastnn.tensor([-3.0, 2.0]))
    tensor([9., 4.])
    """
    x = array(input)
    return record(_core.square(x), square_backward, (input,), x)


square_backward = from_kernel(_core.square_backward)


def reciprocal(input: TensorLike) -> Tensor:
    """Reciprocal of each element: ``y = 1 / x``.

    Arguments and result are those of `neg`.

    Examples
    --------
    >>> fastnn.reciprocal(fastnn.tensor([2.0, -4.0]))
    tensor([ 0.5 , -0.25])
    """
    x = array(input)
    y = _core.reciprocal(x)
    return record(y, reciprocal_backward, (input,), y)


reciprocal_backward = from_kernel(_core.reciprocal_backward)


def sqrt(input: TensorLike) -> Tensor:
    """Square root of each element: ``y = sqrt(x)``, NaN for x < 0.

    Arguments and result are those of `neg`.

    Examples
    --------
    >>> fastnn.sqrt(fastnn.tensor([4.0, 2.25]))
    tensor([2. , 1.5])
    """
    x = array(input)
    y = _core.sqrt(x)
    return record(y, sqrt_backward, (input,), y)


sqrt_backward = from_kernel(_core.sqrt_backward)


def rsqrt(input: TensorLike) -> Tensor:
    """Reciprocal of the square root of each element: ``y = 1 / sqrt(x)``.

    Arguments and result are those of `neg`.

    Examples
    --------
    >>> fastnn.rsqrt(fastnn.tensor([4.0, 0.25]))
    tensor([0.5, 2. ])
    """
    x = array(input)
    y = _core.rsqrt(x)
    return record(y, rsqrt_backward, (input,), y)


rsqrt_backward = from_kernel(_core.rsqrt_backward)


def floor(input: TensorLike) -> Tensor:
    """Largest whole number that is not above each element: ``y = floor(x)``; its gradient is zero.

    Arguments and result are those of `neg`.

    Examples
    --------
    >>> fastnn.floor(fastnn.tensor([1.5, -1.5]))
    tensor([ 1., -2.])
    """
    x = array(input)
    return record(_core.floor(x), zero_backward, (input,))


def ceil(input: TensorLike) -> Tensor:
    """Smallest whole number that is not below each element: ``y = ceil(x)``; its gradient is zero.

    Arguments and result are those of `neg`.

    Examples
    --------
    >>> fastnn.ceil(fastnn.tensor([1.5, -1.5]))
    tensor([ 2., -1.])
    """
    x = array(input)
    return record(_core.ceil(x), zero_backward, (input,))


def trunc(input: TensorLike) -> Tensor:
    """Whole part of each element, towards zero: ``y = trunc(x)``; its gradient is zero.

    Arguments and result are those of `neg`.

    Examples
    --------
    >>> fastnn.trunc(fastnn.tensor([1.5, -1.5]))
    tensor([ 1., -1.])
    """
    x = array(input)
    return record(_core.trunc(x), zero_backward, (input,))


def frac(input: TensorLike) -> Tensor:
    """Fractional part of each element: ``y = x - trunc(x)``.

    Arguments and result are those of `neg`.

    Examples
    --------
    >>> fastnn.frac(fastnn.tensor([1.5, -1.25]))
    tensor([ 0.5 , -0.25])
    """
    x = array(input)
    return record(_core.frac(x), frac_backward, (input,))


def frac_backward(node: Node, dy: Array) -> Grads:
    return (dy,)


def round(input: TensorLike, *, decimals: int = 0) -> Tensor:
    """Nearest whole number to each element, halves to even; its gradient is zero.

    Parameters
    ----------
    input
        ``x``, of any shape.
    decimals
        Decimal places to keep; -1 rounds to tens.

    Returns
    -------
    Tensor
        ``y = round(x 10^decimals) / 10^decimals``, of the same shape.

    Examples
    --------
    >>> fastnn.round(fastnn.tensor([0.5, 1.5, -2.3]))
    tensor([ 0.,  2., -2.])
    """
    x = array(input)
    if decimals == 0:
        y = _core.round(x)
    elif decimals > 0:
        y = _core.div(_core.round(_core.mul(x, 10.0**decimals)), 10.0**decimals)
    else:
        y = _core.mul(_core.round(_core.div(x, 10.0**-decimals)), 10.0**-decimals)
    return record(y, zero_backward, (input,))


def nan_to_num(
    input: TensorLike,
    nan: float | None = 0.0,
    posinf: float | None = None,
    neginf: float | None = None,
) -> Tensor:
    """Replace NaN and infinities by numbers; no gradient flows through what was replaced.

    Parameters
    ----------
    input
        ``x``, of any shape.
    nan
        What NaN becomes.
    posinf, neginf
        What the infinities become; by default the largest and the smallest number of the dtype.

    Returns
    -------
    Tensor
        Of the same shape.

    Examples
    --------
    >>> fastnn.nan_to_num(fastnn.tensor([float("nan"), float("inf"), 1.0]), posinf=9.0)
    tensor([0., 9., 1.])
    """
    x = array(input)
    if x.dtype.kind != "f":
        check_real("nan_to_num", x)
        return record(x.copy(), nan_to_num_backward, (input,), x)
    limits = np.finfo(x.dtype)
    above = float(limits.max) if posinf is None else posinf
    below = float(limits.min) if neginf is None else neginf
    y = _core.nan_to_num(x, 0.0 if nan is None else nan, above, below)
    return record(y, nan_to_num_backward, (input,), x)


nan_to_num_backward = from_kernel(_core.nan_to_num_backward)


def positive(input: TensorLike) -> Tensor:
    """The input itself: ``y = +x``.

    Arguments and result are those of `neg`.

    Examples
    --------
    >>> fastnn.positive(fastnn.tensor([1.0, -2.0]))
    tensor([ 1., -2.])
    """
    x = array(input)
    if x.dtype.kind == "b":
        raise TypeError("positive: input must hold numbers, got bool")
    check_real("positive", x)
    return as_view(record(x.view(), frac_backward, (input,)), input)


absolute = abs
negative = neg
fix = trunc
sgn = sign
