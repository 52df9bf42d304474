"""Exponentials, logarithms, the error function, functions of angles and hyperbolic ones."""

from __future__ import annotations

from ... import _core
from ...autograd.record import array, record
from ...tensor import Tensor, TensorLike
from ..backward import from_kernel

__all__ = [
    "acos",
    "asin",
    "atan",
    "cos",
    "cosh",
    "erf",
    "exp",
    "expm1",
    "log",
    "log1p",
    "log2",
    "log10",
    "sin",
    "sinh",
    "tan",
]


def exp(input: TensorLike) -> Tensor:
    """Exponential of each element: ``y = e^x``.

    Arguments and result are those of `neg`.

    Examples
    --------
    >>> fastnn.exp(fastnn.tensor([0.0, 1.0]))
    tensor([1.    , 2.7183])
    """
    x = array(input)
    y = _core.exp(x)
    return record(y, exp_backward, (input,), y)


exp_backward = from_kernel(_core.exp_backward)


def expm1(input: TensorLike) -> Tensor:
    """Exponential minus one, exact for small elements: ``y = e^x - 1``.

    Arguments and result are those of `neg`.

    Examples
    --------
    >>> fastnn.expm1(fastnn.tensor([0.0, 1.0]))
    tensor([0.    , 1.7183])
    """
    x = array(input)
    y = _core.expm1(x)
    return record(y, expm1_backward, (input,), y)


expm1_backward = from_kernel(_core.expm1_backward)


def log(input: TensorLike) -> Tensor:
    """Natural logarithm of each element: ``y = ln x``, -inf at 0 and NaN below.

    Arguments and result are those of `neg`.

    Examples
    --------
    >>> fastnn.log(fastnn.tensor([1.0, 2.0]))
    tensor([0.    , 0.6931])
    """
    x = array(input)
    return record(_core.log(x), log_backward, (input,), x)


log_backward = from_kernel(_core.log_backward)


def log1p(input: TensorLike) -> Tensor:
    """Logarithm of one plus each element, exact for small elements: ``y = ln(1 + x)``.

    Arguments and result are those of `neg`.

    Examples
    --------
    >>> fastnn.log1p(fastnn.tensor([0.0, 1.0]))
    tensor([0.    , 0.6931])
    """
    x = array(input)
    return record(_core.log1p(x), log1p_backward, (input,), x)


log1p_backward = from_kernel(_core.log1p_backward)


def log2(input: TensorLike) -> Tensor:
    """Logarithm to base 2 of each element: ``y = ln x / ln 2``.

    Arguments and result are those of `neg`.

    Examples
    --------
    >>> fastnn.log2(fastnn.tensor([8.0, 0.5]))
    tensor([ 3., -1.])
    """
    x = array(input)
    return record(_core.log2(x), log2_backward, (input,), x)


log2_backward = from_kernel(_core.log2_backward)


def log10(input: TensorLike) -> Tensor:
    """Logarithm to base 10 of each element: ``y = ln x / ln 10``.

    Arguments and result are those of `neg`.

    Examples
    --------
    >>> fastnn.log10(fastnn.tensor([1000.0, 0.1]))
    tensor([ 3., -1.])
    """
    x = array(input)
    return record(_core.log10(x), log10_backward, (input,), x)


log10_backward = from_kernel(_core.log10_backward)


def erf(input: TensorLike) -> Tensor:
    """Error function of each element.

    ``y = 2 / sqrt(pi)`` times the integral of ``e^(-t^2)`` over t from 0 to x.

    Arguments and result are those of `neg`.

    Examples
    --------
    >>> fastnn.erf(fastnn.tensor([0.0, 1.0]))
    tensor([0.    , 0.8427])
    """
    x = array(input)
    return record(_core.erf(x), erf_backward, (input,), x)


erf_backward = from_kernel(_core.erf_backward)


def sin(input: TensorLike) -> Tensor:
    """Sine of each element, in radians: ``y = sin x``.

    Arguments and result are those of `neg`.

    Examples
    --------
    >>> fastnn.sin(fastnn.tensor([0.0, 1.0]))
    tensor([0.    , 0.8415])
    """
    x = array(input)
    return record(_core.sin(x), sin_backward, (input,), x)


sin_backward = from_kernel(_core.sin_backward)


def cos(input: TensorLike) -> Tensor:
    """Cosine of each element, in radians: ``y = cos x``.

    Arguments and result are those of `neg`.

    Examples
    --------
    >>> fastnn.cos(fastnn.tensor([0.0, 1.0]))
    tensor([1.    , 0.5403])
    """
    x = array(input)
    return record(_core.cos(x), cos_backward, (input,), x)


cos_backward = from_kernel(_core.cos_backward)


def tan(input: TensorLike) -> Tensor:
    """Tangent of each element, in radians: ``y = sin x / cos x``.

    Arguments and result are those of `neg`.

    Examples
    --------
    >>> fastnn.tan(fastnn.tensor([0.0, 1.0]))
    tensor([0.    , 1.5574])
    """
    x = array(input)
    y = _core.tan(x)
    return record(y, tan_backward, (input,), y)


tan_backward = from_kernel(_core.tan_backward)


def asin(input: TensorLike) -> Tensor:
    """Inverse sine of each element: ``y = arcsin x``, NaN outside [-1, 1].

    Arguments and result are those of `neg`.

    Examples
    --------
    >>> fastnn.asin(fastnn.tensor([0.0, 1.0]))
    tensor([0.    , 1.5708])
    """
    x = array(input)
    return record(_core.asin(x), asin_backward, (input,), x)


asin_backward = from_kernel(_core.asin_backward)


def acos(input: TensorLike) -> Tensor:
    """Inverse cosine of each element: ``y = arccos x``, NaN outside [-1, 1].

    Arguments and result are those of `neg`.

    Examples
    --------
    >>> fastnn.acos(fastnn.tensor([0.0, 1.0]))
    tensor([1.5708, 0.    ])
    """
    x = array(input)
    return record(_core.acos(x), acos_backward, (input,), x)


acos_backward = from_kernel(_core.acos_backward)


def atan(input: TensorLike) -> Tensor:
    """Inverse tangent of each element: ``y = arctan x``.

    Arguments and result are those of `neg`.

    Examples
    --------
    >>> fastnn.atan(fastnn.tensor([0.0, 1.0]))
    tensor([0.    , 0.7854])
    """
    x = array(input)
    return record(_core.atan(x), atan_backward, (input,), x)


atan_backward = from_kernel(_core.atan_backward)


def sinh(input: TensorLike) -> Tensor:
    """Hyperbolic sine of each element: ``y = (e^x - e^-x) / 2``.

    Arguments and result are those of `neg`.

    Examples
    --------
    >>> fastnn.sinh(fastnn.tensor([0.0, 1.0]))
    tensor([0.    , 1.1752])
    """
    x = array(input)
    return record(_core.sinh(x), sinh_backward, (input,), x)


sinh_backward = from_kernel(_core.sinh_backward)


def cosh(input: TensorLike) -> Tensor:
    """Hyperbolic cosine of each element: ``y = (e^x + e^-x) / 2``.

    Arguments and result are those of `neg`.

    Examples
    --------
    >>> fastnn.cosh(fastnn.tensor([0.0, 1.0]))
    tensor([1.    , 1.5431])
    """
    x = array(input)
    return record(_core.cosh(x), cosh_backward, (input,), x)


cosh_backward = from_kernel(_core.cosh_backward)
