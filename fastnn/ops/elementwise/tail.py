"""The far ends of the normal distribution, where it is too small for its own numbers."""

from __future__ import annotations

import math

import numpy as np

from ... import _core
from ...autograd.record import Array, Grads, Node, array, record
from ...tensor import Tensor, TensorLike
from .operands import narrowed
from .quadrature import NODES, WEIGHTS

__all__: list[str] = []  # parts of fastnn.special


def erfcx(input: TensorLike) -> Tensor:
    r"""Scaled complementary error function.

    :math:`y = e^{x^2} \operatorname{erfc} x = \frac{2}{\sqrt \pi} \int_0^\infty e^{-t^2 - 2xt} dt`

    Computed by a quadrature of this integral, on one thread.

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
    >>> fastnn.special.erfcx(fastnn.tensor([0.0, 1.0, 100.0]))
    tensor([1.    , 0.4276, 0.0056])
    """
    x = array(input)
    y = narrowed(scaled(x.astype(np.float64)), x)
    return record(y, erfcx_backward, (input,), x, y)


def erfcx_backward(node: Node, dy: Array) -> Grads:
    x, y = node.saved
    return (dy * (2 * x * y - x.dtype.type(2 / math.sqrt(math.pi))),)


def scaled(x: Array) -> Array:
    """erfcx in float64: of negative numbers by ``erfcx(-x) = 2 exp(x^2) - erfcx(x)``."""
    size = np.abs(x)
    unit = 1 / (size + np.hypot(size, 1))
    total = np.zeros(x.shape)
    with np.errstate(over="ignore", invalid="ignore"):
        for node, weight in zip(NODES, WEIGHTS):
            t = node * unit
            total += weight * np.exp(-t * (t + 2 * size))
        y = total * unit * (2 / math.sqrt(math.pi))
        return np.asarray(np.where(x < 0, 2 * np.exp(size * size) - y, y))


def log_ndtr(input: TensorLike) -> Tensor:
    r"""Logarithm of the normal distribution function, also where this is 0 to all digits.

    :math:`y = \ln \tfrac12 \operatorname{erfc}(-x / \sqrt 2)`

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
    >>> fastnn.special.log_ndtr(fastnn.tensor([-100.0, 1.0]))
    tensor([-5.0055e+03, -1.7275e-01])
    """
    x = array(input)
    z = x.astype(np.float64) * -math.sqrt(0.5)
    tail = scaled(z)
    with np.errstate(divide="ignore", invalid="ignore"):
        far = np.log(tail / 2) - z * z
        y = np.where(x < 0, far, np.log1p(-0.5 * _core.erfc(-z)))
    return record(narrowed(y, x), log_ndtr_backward, (input,), tail)


def log_ndtr_backward(node: Node, dy: Array) -> Grads:
    (tail,) = node.saved
    return ((dy * (math.sqrt(2 / math.pi) / tail)).astype(dy.dtype),)
