"""Whole numbers, and numbers for what is none."""

from __future__ import annotations

import numpy as np

from .... import _core
from ....autograd.record import Array, Grads, Node, array, record
from ....tensor import Tensor, TensorLike

__all__ = ["ceil", "floor", "frac", "nan_to_num", "round", "trunc"]


def floor(input: TensorLike) -> Tensor:
    """Largest whole number that is not above each element: ``y = floor(x); its gradient is zero``.

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
    >>> fastnn.floor(fastnn.tensor([1.5, -1.5]))
    tensor([ 1., -2.])
    """
    x = array(input)
    return record(_core.floor(x), zero_backward, (input,))


def ceil(input: TensorLike) -> Tensor:
    """Smallest whole number that is not below each element: ``y = ceil(x); its gradient is zero``.

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
    >>> fastnn.ceil(fastnn.tensor([1.5, -1.5]))
    tensor([ 2., -1.])
    """
    x = array(input)
    return record(_core.ceil(x), zero_backward, (input,))


def trunc(input: TensorLike) -> Tensor:
    """Whole part of each element, towards zero: ``y = trunc(x); its gradient is zero``.

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
    >>> fastnn.trunc(fastnn.tensor([1.5, -1.5]))
    tensor([ 1., -1.])
    """
    x = array(input)
    return record(_core.trunc(x), zero_backward, (input,))


def frac(input: TensorLike) -> Tensor:
    """Fractional part of each element: ``y = x - trunc(x)``.

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
    >>> fastnn.frac(fastnn.tensor([1.5, -1.25]))
    tensor([ 0.5 , -0.25])
    """
    x = array(input)
    return record(_core.frac(x), frac_backward, (input,))


def frac_backward(node: Node, dy: Array) -> Grads:
    return (dy,)


def zero_backward(node: Node, dy: Array) -> Grads:
    return (np.zeros_like(dy),)


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
        return record(x.copy(), nan_to_num_backward, (input,), x)
    limits = np.finfo(x.dtype)
    above = float(limits.max) if posinf is None else posinf
    below = float(limits.min) if neginf is None else neginf
    y = _core.nan_to_num(x, 0.0 if nan is None else nan, above, below)
    return record(y, nan_to_num_backward, (input,), x)


def nan_to_num_backward(node: Node, dy: Array) -> Grads:
    (x,) = node.saved
    return (_core.nan_to_num_backward(dy, x),)
