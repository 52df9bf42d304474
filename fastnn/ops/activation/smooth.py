"""Functions that bend everywhere."""

from __future__ import annotations

from ... import _core
from ...autograd.record import array, record
from ...tensor import Tensor, TensorLike
from ..backward import from_kernel
from .overwrite import overwrite

__all__ = ["gelu", "logsigmoid", "mish", "sigmoid", "silu", "softplus", "softsign", "tanh"]


def sigmoid(input: TensorLike) -> Tensor:
    """The logistic function: ``y = 1 / (1 + exp(-x))``.

    Examples
    --------
    >>> fastnn.sigmoid([0.0, 100.0])
    tensor([0.5, 1. ])
    """
    y = _core.sigmoid(array(input))
    return record(y, sigmoid_backward, (input,), y)


sigmoid_backward = from_kernel(_core.sigmoid_backward)


def logsigmoid(input: TensorLike) -> Tensor:
    """Logarithm of the logistic function: ``y = -log(1 + exp(-x))``, exact for large abs(x).

    Examples
    --------
    >>> fastnn.logsigmoid([-200.0, 0.0])
    tensor([-200.    ,   -0.6931])
    """
    x = array(input)
    return record(_core.logsigmoid(x), logsigmoid_backward, (input,), x)


logsigmoid_backward = from_kernel(_core.logsigmoid_backward)


def tanh(input: TensorLike) -> Tensor:
    """Hyperbolic tangent: ``y = (exp(x) - exp(-x)) / (exp(x) + exp(-x))``.

    Examples
    --------
    >>> fastnn.tanh([-100.0, 0.0, 100.0])
    tensor([-1.,  0.,  1.])
    """
    y = _core.tanh(array(input))
    return record(y, tanh_backward, (input,), y)


tanh_backward = from_kernel(_core.tanh_backward)


def softplus(input: TensorLike, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """Smooth rectifier: ``y = log(1 + exp(beta * x)) / beta``.

    Parameters
    ----------
    input
        Any shape.
    beta
        Sharpness of the bend.
    threshold
        Where ``beta * x`` exceeds it, ``y = x``.

    Examples
    --------
    >>> fastnn.softplus([0.0, 30.0])
    tensor([ 0.6931, 30.    ])
    """
    x = array(input)
    y = _core.softplus(x, beta, threshold)
    return record(y, softplus_backward, (input,), x, beta, threshold)


softplus_backward = from_kernel(_core.softplus_backward)


def gelu(input: TensorLike, approximate: str = "none") -> Tensor:
    """Gaussian error linear unit: ``y = x * Phi(x)``, Phi the normal distribution function.

    Parameters
    ----------
    input
        Any shape.
    approximate
        ``"none"``: ``Phi(x) = (1 + erf(x / sqrt(2))) / 2``; ``"tanh"``:
        ``Phi(x) = (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x**3))) / 2``.

    Notes
    -----
    Hendrycks, Gimpel, "Gaussian error linear units (GELUs)", 2016.

    Examples
    --------
    >>> fastnn.gelu([-10.0, 0.0, 10.0])
    tensor([-0.,  0., 10.])
    """
    x = array(input)
    if approximate == "none":
        return record(_core.gelu(x), gelu_backward, (input,), x)
    if approximate == "tanh":
        return record(_core.gelu_tanh(x), gelu_tanh_backward, (input,), x)
    raise ValueError(f"gelu: approximate must be 'none' or 'tanh', got {approximate!r}")


gelu_backward = from_kernel(_core.gelu_backward)


gelu_tanh_backward = from_kernel(_core.gelu_tanh_backward)


def silu(input: TensorLike, inplace: bool = False) -> Tensor:
    """Sigmoid linear unit, also called swish: ``y = x / (1 + exp(-x))``.

    The input has any shape; `inplace` is that of `relu`.

    Examples
    --------
    >>> fastnn.silu([0.0, 100.0])
    tensor([  0., 100.])
    """
    if inplace:
        return overwrite("silu", _core.silu, silu_backward, input, by_output=False)
    x = array(input)
    return record(_core.silu(x), silu_backward, (input,), x)


silu_backward = from_kernel(_core.silu_backward)


def mish(input: TensorLike, inplace: bool = False) -> Tensor:
    """Self-regularised unit: ``y = x * tanh(log(1 + exp(x)))``.

    The input has any shape; `inplace` is that of `relu`.

    Notes
    -----
    Misra, "Mish: a self regularized non-monotonic activation function", 2019.

    Examples
    --------
    >>> fastnn.mish([0.0, 50.0])
    tensor([ 0., 50.])
    """
    if inplace:
        return overwrite("mish", _core.mish, mish_backward, input, by_output=False)
    x = array(input)
    return record(_core.mish(x), mish_backward, (input,), x)


mish_backward = from_kernel(_core.mish_backward)


def softsign(input: TensorLike) -> Tensor:
    """Smooth sign that saturates more slowly than tanh: ``y = x / (1 + abs(x))``.

    Notes
    -----
    Bergstra, Desjardins, Lamblin and Bengio, "Quadratic polynomials learn better image features",
    2009.

    Examples
    --------
    >>> fastnn.softsign([-1.0, 0.0, 3.0])
    tensor([-0.5 ,  0.  ,  0.75])
    """
    x = array(input)
    return record(_core.softsign(x), softsign_backward, (input,), x)


softsign_backward = from_kernel(_core.softsign_backward)
