"""Functions of one tensor, element by element."""

from __future__ import annotations

import numpy as np

from .. import _core
from ..autograd.function import Array, Grads, Node, array, record
from ..tensor import Tensor, TensorLike

__all__ = [
    "abs",
    "absolute",
    "acos",
    "asin",
    "atan",
    "ceil",
    "cos",
    "cosh",
    "erf",
    "exp",
    "expm1",
    "floor",
    "frac",
    "log",
    "log1p",
    "log2",
    "log10",
    "nan_to_num",
    "neg",
    "negative",
    "reciprocal",
    "round",
    "rsqrt",
    "sign",
    "sin",
    "sinh",
    "sqrt",
    "square",
    "tan",
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
    >>> import fastnn
    >>> fastnn.neg(fastnn.tensor([1.0, -2.0]))
    tensor([-1.,  2.])
    """
    x = array(input)
    return record(_core.neg(x), neg_backward, (input,))


def neg_backward(node: Node, dy: Array) -> Grads:
    return (_core.neg(dy),)


def abs(input: TensorLike) -> Tensor:
    """Absolute value of each element: ``y = abs(x)``.

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
    >>> import fastnn
    >>> fastnn.abs(fastnn.tensor([-1.5, 2.0]))
    tensor([1.5, 2. ])
    """
    x = array(input)
    return record(_core.abs(x), abs_backward, (input,), x)


def abs_backward(node: Node, dy: Array) -> Grads:
    (x,) = node.saved
    return (_core.abs_backward(dy, x),)


def sign(input: TensorLike) -> Tensor:
    """Sign of each element: ``y = -1, 0 or 1; its gradient is zero``.

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
    >>> import fastnn
    >>> fastnn.sign(fastnn.tensor([-3.0, 0.0, 2.0]))
    tensor([-1.,  0.,  1.])
    """
    x = array(input)
    return record(_core.sign(x), zero_backward, (input,))


def square(input: TensorLike) -> Tensor:
    """Square of each element: ``y = x^2``.

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
    >>> import fastnn
    >>> fastnn.square(fastnn.tensor([-3.0, 2.0]))
    tensor([9., 4.])
    """
    x = array(input)
    return record(_core.square(x), square_backward, (input,), x)


def square_backward(node: Node, dy: Array) -> Grads:
    (x,) = node.saved
    return (_core.square_backward(dy, x),)


def reciprocal(input: TensorLike) -> Tensor:
    """Reciprocal of each element: ``y = 1 / x``.

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
    >>> import fastnn
    >>> fastnn.reciprocal(fastnn.tensor([2.0, -4.0]))
    tensor([ 0.5 , -0.25])
    """
    x = array(input)
    y = _core.reciprocal(x)
    return record(y, reciprocal_backward, (input,), y)


def reciprocal_backward(node: Node, dy: Array) -> Grads:
    (y,) = node.saved
    return (_core.reciprocal_backward(dy, y),)


def sqrt(input: TensorLike) -> Tensor:
    """Square root of each element: ``y = sqrt(x), NaN for x < 0``.

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
    >>> import fastnn
    >>> fastnn.sqrt(fastnn.tensor([4.0, 2.25]))
    tensor([2. , 1.5])
    """
    x = array(input)
    y = _core.sqrt(x)
    return record(y, sqrt_backward, (input,), y)


def sqrt_backward(node: Node, dy: Array) -> Grads:
    (y,) = node.saved
    return (_core.sqrt_backward(dy, y),)


def rsqrt(input: TensorLike) -> Tensor:
    """Reciprocal of the square root of each element: ``y = 1 / sqrt(x)``.

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
    >>> import fastnn
    >>> fastnn.rsqrt(fastnn.tensor([4.0, 0.25]))
    tensor([0.5, 2. ])
    """
    x = array(input)
    y = _core.rsqrt(x)
    return record(y, rsqrt_backward, (input,), y)


def rsqrt_backward(node: Node, dy: Array) -> Grads:
    (y,) = node.saved
    return (_core.rsqrt_backward(dy, y),)


def exp(input: TensorLike) -> Tensor:
    """Exponential of each element: ``y = e^x``.

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
    >>> import fastnn
    >>> fastnn.exp(fastnn.tensor([0.0, 1.0]))
    tensor([1.    , 2.7183])
    """
    x = array(input)
    y = _core.exp(x)
    return record(y, exp_backward, (input,), y)


def exp_backward(node: Node, dy: Array) -> Grads:
    (y,) = node.saved
    return (_core.exp_backward(dy, y),)


def expm1(input: TensorLike) -> Tensor:
    """Exponential minus one, exact for small elements: ``y = e^x - 1``.

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
    >>> import fastnn
    >>> fastnn.expm1(fastnn.tensor([0.0, 1.0]))
    tensor([0.    , 1.7183])
    """
    x = array(input)
    y = _core.expm1(x)
    return record(y, expm1_backward, (input,), y)


def expm1_backward(node: Node, dy: Array) -> Grads:
    (y,) = node.saved
    return (_core.expm1_backward(dy, y),)


def log(input: TensorLike) -> Tensor:
    """Natural logarithm of each element: ``y = ln x, -inf at 0 and NaN below``.

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
    >>> import fastnn
    >>> fastnn.log(fastnn.tensor([1.0, 2.0]))
    tensor([0.    , 0.6931])
    """
    x = array(input)
    return record(_core.log(x), log_backward, (input,), x)


def log_backward(node: Node, dy: Array) -> Grads:
    (x,) = node.saved
    return (_core.log_backward(dy, x),)


def log1p(input: TensorLike) -> Tensor:
    """Logarithm of one plus each element, exact for small elements: ``y = ln(1 + x)``.

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
    >>> import fastnn
    >>> fastnn.log1p(fastnn.tensor([0.0, 1.0]))
    tensor([0.    , 0.6931])
    """
    x = array(input)
    return record(_core.log1p(x), log1p_backward, (input,), x)


def log1p_backward(node: Node, dy: Array) -> Grads:
    (x,) = node.saved
    return (_core.log1p_backward(dy, x),)


def log2(input: TensorLike) -> Tensor:
    """Logarithm to base 2 of each element: ``y = ln x / ln 2``.

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
    >>> import fastnn
    >>> fastnn.log2(fastnn.tensor([8.0, 0.5]))
    tensor([ 3., -1.])
    """
    x = array(input)
    return record(_core.log2(x), log2_backward, (input,), x)


def log2_backward(node: Node, dy: Array) -> Grads:
    (x,) = node.saved
    return (_core.log2_backward(dy, x),)


def log10(input: TensorLike) -> Tensor:
    """Logarithm to base 10 of each element: ``y = ln x / ln 10``.

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
    >>> import fastnn
    >>> fastnn.log10(fastnn.tensor([1000.0, 0.1]))
    tensor([ 3., -1.])
    """
    x = array(input)
    return record(_core.log10(x), log10_backward, (input,), x)


def log10_backward(node: Node, dy: Array) -> Grads:
    (x,) = node.saved
    return (_core.log10_backward(dy, x),)


def sin(input: TensorLike) -> Tensor:
    """Sine of each element, in radians: ``y = sin x``.

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
    >>> import fastnn
    >>> fastnn.sin(fastnn.tensor([0.0, 1.0]))
    tensor([0.    , 0.8415])
    """
    x = array(input)
    return record(_core.sin(x), sin_backward, (input,), x)


def sin_backward(node: Node, dy: Array) -> Grads:
    (x,) = node.saved
    return (_core.sin_backward(dy, x),)


def cos(input: TensorLike) -> Tensor:
    """Cosine of each element, in radians: ``y = cos x``.

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
    >>> import fastnn
    >>> fastnn.cos(fastnn.tensor([0.0, 1.0]))
    tensor([1.    , 0.5403])
    """
    x = array(input)
    return record(_core.cos(x), cos_backward, (input,), x)


def cos_backward(node: Node, dy: Array) -> Grads:
    (x,) = node.saved
    return (_core.cos_backward(dy, x),)


def tan(input: TensorLike) -> Tensor:
    """Tangent of each element, in radians: ``y = sin x / cos x``.

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
    >>> import fastnn
    >>> fastnn.tan(fastnn.tensor([0.0, 1.0]))
    tensor([0.    , 1.5574])
    """
    x = array(input)
    y = _core.tan(x)
    return record(y, tan_backward, (input,), y)


def tan_backward(node: Node, dy: Array) -> Grads:
    (y,) = node.saved
    return (_core.tan_backward(dy, y),)


def asin(input: TensorLike) -> Tensor:
    """Inverse sine of each element: ``y = arcsin x, NaN outside [-1, 1]``.

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
    >>> import fastnn
    >>> fastnn.asin(fastnn.tensor([0.0, 1.0]))
    tensor([0.    , 1.5708])
    """
    x = array(input)
    return record(_core.asin(x), asin_backward, (input,), x)


def asin_backward(node: Node, dy: Array) -> Grads:
    (x,) = node.saved
    return (_core.asin_backward(dy, x),)


def acos(input: TensorLike) -> Tensor:
    """Inverse cosine of each element: ``y = arccos x, NaN outside [-1, 1]``.

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
    >>> import fastnn
    >>> fastnn.acos(fastnn.tensor([0.0, 1.0]))
    tensor([1.5708, 0.    ])
    """
    x = array(input)
    return record(_core.acos(x), acos_backward, (input,), x)


def acos_backward(node: Node, dy: Array) -> Grads:
    (x,) = node.saved
    return (_core.acos_backward(dy, x),)


def atan(input: TensorLike) -> Tensor:
    """Inverse tangent of each element: ``y = arctan x``.

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
    >>> import fastnn
    >>> fastnn.atan(fastnn.tensor([0.0, 1.0]))
    tensor([0.    , 0.7854])
    """
    x = array(input)
    return record(_core.atan(x), atan_backward, (input,), x)


def atan_backward(node: Node, dy: Array) -> Grads:
    (x,) = node.saved
    return (_core.atan_backward(dy, x),)


def sinh(input: TensorLike) -> Tensor:
    """Hyperbolic sine of each element: ``y = (e^x - e^-x) / 2``.

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
    >>> import fastnn
    >>> fastnn.sinh(fastnn.tensor([0.0, 1.0]))
    tensor([0.    , 1.1752])
    """
    x = array(input)
    return record(_core.sinh(x), sinh_backward, (input,), x)


def sinh_backward(node: Node, dy: Array) -> Grads:
    (x,) = node.saved
    return (_core.sinh_backward(dy, x),)


def cosh(input: TensorLike) -> Tensor:
    """Hyperbolic cosine of each element: ``y = (e^x + e^-x) / 2``.

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
    >>> import fastnn
    >>> fastnn.cosh(fastnn.tensor([0.0, 1.0]))
    tensor([1.    , 1.5431])
    """
    x = array(input)
    return record(_core.cosh(x), cosh_backward, (input,), x)


def cosh_backward(node: Node, dy: Array) -> Grads:
    (x,) = node.saved
    return (_core.cosh_backward(dy, x),)


def erf(input: TensorLike) -> Tensor:
    """Error function of each element.

    ``y = 2 / sqrt(pi)`` times the integral of ``e^(-t^2)`` over t from 0 to x.

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
    >>> import fastnn
    >>> fastnn.erf(fastnn.tensor([0.0, 1.0]))
    tensor([0.    , 0.8427])
    """
    x = array(input)
    return record(_core.erf(x), erf_backward, (input,), x)


def erf_backward(node: Node, dy: Array) -> Grads:
    (x,) = node.saved
    return (_core.erf_backward(dy, x),)


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
    >>> import fastnn
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
    >>> import fastnn
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
    >>> import fastnn
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
    >>> import fastnn
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
    >>> import fastnn
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
    >>> import fastnn
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


absolute = abs
negative = neg
