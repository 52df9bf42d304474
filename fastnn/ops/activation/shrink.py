"""Functions that set what is near zero, or below a threshold, to one value."""

from __future__ import annotations

import numpy as np

from ... import _core
from ...autograd.record import array, record
from ...tensor import Tensor, TensorLike
from ..backward import from_kernel
from .overwrite import overwrite
from .piecewise import whole

__all__ = ["hardshrink", "softshrink", "tanhshrink", "threshold"]


def hardshrink(input: TensorLike, lambd: float = 0.5) -> Tensor:
    """Zero near zero: ``y = 0`` for abs(x) <= lambd, ``x`` otherwise.

    Parameters
    ----------
    input
        Any shape.
    lambd
        The half width of what becomes zero; below 0 nothing does.

    Examples
    --------
    >>> fastnn.hardshrink([-1.0, 0.25, 2.0])
    tensor([-1.,  0.,  2.])
    """
    x = array(input)
    return record(_core.hardshrink(x, lambd), hardshrink_backward, (input,), x, lambd)


hardshrink_backward = from_kernel(_core.hardshrink_backward)


def softshrink(input: TensorLike, lambd: float = 0.5) -> Tensor:
    """Everything closer to zero: ``y = 0`` for abs(x) <= lambd, ``x - lambd * sign(x)`` otherwise.

    Parameters
    ----------
    input
        Any shape.
    lambd
        How far numbers are moved, at least 0.

    Raises
    ------
    ValueError
        `lambd` is negative.

    Examples
    --------
    >>> fastnn.softshrink([-1.0, 0.25, 2.0])
    tensor([-0.5,  0. ,  1.5])
    """
    x = array(input)
    return record(_core.softshrink(x, lambd), softshrink_backward, (input,), x, lambd)


softshrink_backward = from_kernel(_core.softshrink_backward)


def tanhshrink(input: TensorLike) -> Tensor:
    """What the hyperbolic tangent leaves: ``y = x - tanh(x)``.

    Examples
    --------
    >>> fastnn.tanhshrink([-100.0, 0.0, 100.0])
    tensor([-99.,   0.,  99.])
    """
    x = array(input)
    return record(_core.tanhshrink(x), tanhshrink_backward, (input,), x)


tanhshrink_backward = from_kernel(_core.tanhshrink_backward)


def threshold(input: TensorLike, threshold: float, value: float, inplace: bool = False) -> Tensor:
    """One value for all that is not above a threshold: ``y = x`` for x > threshold, else ``value``.

    Parameters
    ----------
    input
        Any shape. Integers stay integers, with `value` as one.
    threshold, value
        The numbers of the formula.
    inplace
        As in `relu`.

    Examples
    --------
    >>> fastnn.threshold([-1.0, 0.25, 2.0], 0.5, 9.0)
    tensor([9., 9., 2.])
    """
    x = array(input)
    if x.dtype.kind in "iu":
        y = np.where(x > threshold, x, np.asarray(value).astype(x.dtype))
        return whole(y, "threshold", input, inplace)
    if inplace:
        kernel, numbers = _core.threshold, (threshold, value)
        by_output = value <= threshold
        return overwrite(
            "threshold", kernel, threshold_backward, input, *numbers, by_output=by_output
        )
    y = _core.threshold(x, threshold, value)
    return record(y, threshold_backward, (input,), x, threshold, value)


threshold_backward = from_kernel(_core.threshold_backward)
