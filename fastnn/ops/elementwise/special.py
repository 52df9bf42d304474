"""Inverse hyperbolic functions, error and gamma functions, powers of two and what is like them."""

from __future__ import annotations

import math

import numpy as np

from ... import _core
from ...autograd.record import Array, Grads, Node, array, record
from ...tensor import Tensor, TensorLike
from ..backward import from_kernel
from .arithmetic import add, sub
from .operands import fit, operand
from .transcendental import acos, asin, atan

__all__ = [
    "acosh",
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctanh",
    "asinh",
    "atanh",
    "deg2rad",
    "digamma",
    "erfc",
    "erfinv",
    "exp2",
    "lgamma",
    "logit",
    "mvlgamma",
    "polygamma",
    "rad2deg",
    "sinc",
]


def exp2(input: TensorLike) -> Tensor:
    """Two to the power of each element: ``y = 2^x``.

    Arguments and result are those of `neg`.

    Examples
    --------
    >>> fastnn.exp2(fastnn.tensor([0.0, 3.0]))
    tensor([1., 8.])
    """
    x = array(input)
    y = _core.exp2(x)
    return record(y, exp2_backward, (input,), y)


exp2_backward = from_kernel(_core.exp2_backward)


def acosh(input: TensorLike) -> Tensor:
    """Inverse hyperbolic cosine of each element: ``y = arcosh x``, NaN below 1.

    Arguments and result are those of `neg`.

    Examples
    --------
    >>> fastnn.acosh(fastnn.tensor([1.0, 2.0]))
    tensor([0.   , 1.317])
    """
    x = array(input)
    return record(_core.acosh(x), acosh_backward, (input,), x)


acosh_backward = from_kernel(_core.acosh_backward)


def asinh(input: TensorLike) -> Tensor:
    """Inverse hyperbolic sine of each element: ``y = arsinh x``.

    Arguments and result are those of `neg`.

    Examples
    --------
    >>> fastnn.asinh(fastnn.tensor([0.0, 1.0]))
    tensor([0.    , 0.8814])
    """
    x = array(input)
    return record(_core.asinh(x), asinh_backward, (input,), x)


asinh_backward = from_kernel(_core.asinh_backward)


def atanh(input: TensorLike) -> Tensor:
    """Inverse hyperbolic tangent of each element: ``y = artanh x``, NaN outside [-1, 1].

    Arguments and result are those of `neg`.

    Examples
    --------
    >>> fastnn.atanh(fastnn.tensor([0.0, 0.5]))
    tensor([0.    , 0.5493])
    """
    x = array(input)
    return record(_core.atanh(x), atanh_backward, (input,), x)


atanh_backward = from_kernel(_core.atanh_backward)


def erfc(input: TensorLike) -> Tensor:
    """Complementary error function of each element: ``y = 1 - erf x``, without cancellation.

    Arguments and result are those of `neg`.

    Examples
    --------
    >>> fastnn.erfc(fastnn.tensor([0.0, 1.0]))
    tensor([1.    , 0.1573])
    """
    x = array(input)
    return record(_core.erfc(x), erfc_backward, (input,), x)


erfc_backward = from_kernel(_core.erfc_backward)


def erfinv(input: TensorLike) -> Tensor:
    """Inverse of the error function: ``erf y = x``, infinite at -1 and 1 and NaN beyond.

    Arguments and result are those of `neg`.

    Examples
    --------
    >>> fastnn.erfinv(fastnn.tensor([0.0, 0.5]))
    tensor([0.    , 0.4769])
    """
    x = array(input)
    y = _core.erfinv(x)
    return record(y, erfinv_backward, (input,), y)


erfinv_backward = from_kernel(_core.erfinv_backward)


def sinc(input: TensorLike) -> Tensor:
    """Cardinal sine of each element: ``y = sin(pi x) / (pi x)``, 1 at 0.

    Arguments and result are those of `neg`.

    Examples
    --------
    >>> fastnn.sinc(fastnn.tensor([0.0, 0.5]))
    tensor([1.    , 0.6366])
    """
    x = array(input)
    return record(_core.sinc(x), sinc_backward, (input,), x)


sinc_backward = from_kernel(_core.sinc_backward)


def lgamma(input: TensorLike) -> Tensor:
    r"""Logarithm of the gamma function's magnitude, :math:`y = \ln |\Gamma(x)|`.

    Arguments and result are those of `neg`.

    Examples
    --------
    >>> fastnn.lgamma(fastnn.tensor([1.0, 4.0]))
    tensor([0.    , 1.7918])
    """
    x = array(input)
    return record(_core.lgamma(x), lgamma_backward, (input,), x)


def lgamma_backward(node: Node, dy: Array) -> Grads:
    (x,) = node.saved
    return (_core.mul(dy, _core.digamma(x)),)


def digamma(input: TensorLike) -> Tensor:
    r"""Derivative of `lgamma`, :math:`y = \psi(x)`; infinite at 0, NaN at negative integers.

    Arguments and result are those of `neg`.

    Examples
    --------
    >>> fastnn.digamma(fastnn.tensor([1.0, 2.0]))
    tensor([-0.5772,  0.4228])
    """
    x = array(input)
    return record(_core.digamma(x), digamma_backward, (input,), x)


def digamma_backward(node: Node, dy: Array) -> Grads:
    (x,) = node.saved
    return (_core.mul(dy, derivative_of_digamma(1, x)),)


def polygamma(n: int, input: TensorLike) -> Tensor:
    r"""The `n`-th derivative of `digamma`.

    :math:`y = (-1)^{n+1} n! \sum_{k \ge 0} (x + k)^{-(n+1)}` for :math:`n \ge 1`.

    Parameters
    ----------
    n
        Which derivative, from 0 on; 0 is `digamma` itself.
    input
        ``x``, of any shape.

    Returns
    -------
    Tensor
        ``y``, of the same shape.

    Examples
    --------
    >>> fastnn.polygamma(1, fastnn.tensor([1.0, 2.0]))
    tensor([1.6449, 0.6449])
    """
    if not hasattr(n, "__index__"):
        raise TypeError(f"polygamma: n must be an integer, got {n!r}")
    n = n.__index__()
    if n < 0:
        raise ValueError(f"polygamma: n must not be negative, got {n}")
    if n == 0:
        return digamma(input)
    x = array(input)
    return record(derivative_of_digamma(n, x), polygamma_backward, (input,), x, n)


def polygamma_backward(node: Node, dy: Array) -> Grads:
    x, n = node.saved
    return (_core.mul(dy, derivative_of_digamma(n + 1, x)),)


def derivative_of_digamma(n: int, x: Array) -> Array:
    if n == 1:
        return _core.trigamma(x)
    factor = float(math.factorial(n)) if n <= 170 else np.inf
    return _core.mul(_core.zeta(n + 1.0, x), factor if n % 2 else -factor)


def zeta(input: TensorLike, other: TensorLike) -> Tensor:
    r"""Hurwitz's zeta function, :math:`y = \sum_{k \ge 0} (k + q)^{-x}`.

    Parameters
    ----------
    input
        ``x``, the exponent, above 1, of any shape; it has no gradient.
    other
        ``q``, of a shape that broadcasts; for 1 the function is Riemann's.

    Returns
    -------
    Tensor
        ``y``, of the common shape.

    Raises
    ------
    RuntimeError
        In a backward pass, if `input` requires a gradient.

    Examples
    --------
    >>> fastnn.special.zeta(fastnn.tensor([2.0, 4.0]), 1.0)
    tensor([1.6449, 1.0823])
    """
    x, q = operand(input), operand(other)
    return record(_core.zeta(x, q), zeta_backward, (input, other), x, q)


def zeta_backward(node: Node, dy: Array) -> Grads:
    x, q = node.saved
    if node.needs[0]:
        raise RuntimeError("zeta: the exponent has no gradient; detach it")
    slope = _core.mul(_core.zeta(_core.add(x, 1.0), q), x)
    return (None, fit(_core.neg(_core.mul(dy, slope)), q))


MOST_DIMENSIONS = 1 << 16  # a pass over the input for each


def mvlgamma(input: TensorLike, p: int) -> Tensor:
    r"""Logarithm of the multivariate gamma function.

    :math:`y = \tfrac{p(p-1)}{4} \ln \pi + \sum_{i=0}^{p-1} \ln \Gamma(x - \tfrac{i}{2})`

    Parameters
    ----------
    input
        ``x``, above (p - 1) / 2, of any shape.
    p
        The dimension, from 1 to 2**16.

    Returns
    -------
    Tensor
        ``y``, of the same shape.

    Raises
    ------
    ValueError
        If `p` is no such number, or an element at most (p - 1) / 2.

    Examples
    --------
    >>> fastnn.mvlgamma(fastnn.tensor([1.0, 2.0]), 2)
    tensor([1.1447, 0.4516])
    """
    if not 1 <= p <= MOST_DIMENSIONS:
        raise ValueError(f"mvlgamma: p must be from 1 to {MOST_DIMENSIONS}, got {p}")
    x = array(input)
    if not (x > (p - 1) / 2).all():
        raise ValueError(f"mvlgamma: input must be above (p - 1) / 2 = {(p - 1) / 2}")
    y = add(lgamma(input), p * (p - 1) / 4 * math.log(math.pi))
    for i in range(1, p):
        y = add(y, lgamma(sub(input, i / 2)))
    return y


def logit(input: TensorLike, eps: float | None = None) -> Tensor:
    """Logarithm of the odds, the inverse of `sigmoid`: ``y = log(x / (1 - x))``.

    Parameters
    ----------
    input
        ``x``, of any shape; NaN outside [0, 1].
    eps
        Where given, x is first brought into [eps, 1 - eps]; no gradient flows where it was outside.

    Returns
    -------
    Tensor
        ``y``, of the same shape.

    Examples
    --------
    >>> fastnn.logit(fastnn.tensor([0.5, 0.75]))
    tensor([0.    , 1.0986])
    >>> fastnn.logit(fastnn.tensor([0.0, 1.0]), eps=0.25)
    tensor([-1.0986,  1.0986])
    """
    x = array(input)
    if eps is None:
        return record(_core.logit(x), logit_backward, (input,), x, x, None)
    bounded = _core.clamp(x, eps, 1 - eps)
    return record(_core.logit(bounded), logit_backward, (input,), x, bounded, eps)


def logit_backward(node: Node, dy: Array) -> Grads:
    x, bounded, eps = node.saved
    if eps is None:
        return (_core.logit_backward(dy, x),)
    return (_core.clamp_backward(_core.logit_backward(dy, bounded), x, eps, 1 - eps),)


def deg2rad(input: TensorLike) -> Tensor:
    """Degrees as radians: ``y = x pi / 180``.

    Arguments and result are those of `neg`.

    Examples
    --------
    >>> fastnn.deg2rad(fastnn.tensor([90.0, 180.0]))
    tensor([1.5708, 3.1416])
    """
    return record(_core.mul(array(input), math.pi / 180), deg2rad_backward, (input,))


def deg2rad_backward(node: Node, dy: Array) -> Grads:
    return (_core.mul(dy, math.pi / 180),)


def rad2deg(input: TensorLike) -> Tensor:
    """Radians as degrees: ``y = x 180 / pi``.

    Arguments and result are those of `neg`.

    Examples
    --------
    >>> fastnn.rad2deg(fastnn.tensor([0.0, 3.14159265]))
    tensor([  0., 180.])
    """
    return record(_core.mul(array(input), 180 / math.pi), rad2deg_backward, (input,))


def rad2deg_backward(node: Node, dy: Array) -> Grads:
    return (_core.mul(dy, 180 / math.pi),)


arccosh, arcsinh, arctanh = acosh, asinh, atanh
arccos, arcsin, arctan = acos, asin, atan
