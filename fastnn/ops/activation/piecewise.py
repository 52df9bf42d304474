"""Functions in straight pieces, and their exponential relatives."""

from __future__ import annotations

import numpy as np

from ... import _core
from ...autograd.record import Array, Grads, Node, array, record
from ...autograd.views import as_view
from ...tensor import Tensor, TensorLike
from ..backward import from_kernel
from ..copy import zeros_like
from ..inplace import written_to
from .overwrite import overwrite

__all__ = [
    "celu",
    "elu",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "identity",
    "leaky_relu",
    "relu",
    "relu6",
    "selu",
    "step",
]

# Klambauer et al. 2017, with which activations keep mean 0 and variance 1.
SELU_ALPHA = 1.6732632423543772848170429916717
SELU_SCALE = 1.0507009873554804934193349852946


def identity(input: TensorLike) -> Tensor:
    """The input itself, as a tensor that shares its memory: ``y = x``.

    Examples
    --------
    >>> fastnn.identity([1.0, -2.0])
    tensor([ 1., -2.])
    """
    return as_view(record(array(input), identity_backward, (input,)), input)


def identity_backward(node: Node, dy: Array) -> Grads:
    return (dy,)


def step(input: TensorLike, value: float = 1.0) -> Tensor:
    """The threshold function of the first perceptrons: 0 below zero, 1 above, `value` at zero.

    Its gradient is zero everywhere, so nothing is learnt through it.

    Parameters
    ----------
    input
        Any shape.
    value
        What comes out for 0 (1, so that a unit fires when its input reaches the threshold).

    Examples
    --------
    >>> fastnn.step([-2.0, 0.0, 3.0])
    tensor([0., 1., 1.])
    """
    return record(_core.step(array(input), value), step_backward, (input,))


def step_backward(node: Node, dy: Array) -> Grads:
    return (zeros_like(dy),)


def relu(input: TensorLike, inplace: bool = False) -> Tensor:
    """Rectified linear unit: ``y = max(x, 0)``.

    Parameters
    ----------
    input
        Any shape. Integers stay integers.
    inplace
        Change `input` itself, a tensor, and return it.

    Raises
    ------
    RuntimeError
        With `inplace`, if the input is a leaf that requires a gradient.

    Examples
    --------
    >>> fastnn.relu([-1.0, 0.0, 2.0])
    tensor([0., 0., 2.])
    >>> x = fastnn.tensor([-1.0, 2.0])
    >>> fastnn.relu(x, inplace=True) is x, x
    (True, tensor([0., 2.]))
    """
    x = array(input)
    if x.dtype.kind in "iu":
        return whole(np.maximum(x, 0), "relu", input, inplace)
    if inplace:
        return overwrite("relu", _core.relu, relu_backward, input, by_output=True)
    y = _core.relu(x)
    return record(y, relu_backward, (input,), y)


relu_backward = from_kernel(_core.relu_backward)


def whole(y: Array, op: str, input: TensorLike, inplace: bool) -> Tensor:
    """The result for integers, which have no gradient."""
    return written_to(op, input, Tensor(y)) if inplace else Tensor(y)


def leaky_relu(input: TensorLike, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """Rectifier that lets a little through: ``y = x`` for x > 0, ``negative_slope * x`` otherwise.

    Parameters
    ----------
    input
        Any shape.
    negative_slope
        Slope for x <= 0.
    inplace
        As in `relu`.

    Examples
    --------
    >>> fastnn.leaky_relu([-1.0, 2.0], 0.1)
    tensor([-0.1,  2. ])
    """
    if inplace:  # a negative slope turns the sign from which the gradient is read
        kernel, by_output = _core.leaky_relu, negative_slope >= 0
        return overwrite(
            "leaky_relu", kernel, leaky_relu_backward, input, negative_slope, by_output=by_output
        )
    x = array(input)
    y = _core.leaky_relu(x, negative_slope)
    return record(y, leaky_relu_backward, (input,), x, negative_slope)


leaky_relu_backward = from_kernel(_core.leaky_relu_backward)


def relu6(input: TensorLike, inplace: bool = False) -> Tensor:
    """Rectifier with a ceiling: ``y = min(max(x, 0), 6)``.

    Arguments are those of `relu`; integers stay integers.

    Examples
    --------
    >>> fastnn.relu6([-1.0, 5.0, 8.0])
    tensor([0., 5., 6.])
    """
    x = array(input)
    if x.dtype.kind in "iu":
        return whole(np.minimum(np.maximum(x, 0), 6), "relu6", input, inplace)
    return hardtanh(input, 0.0, 6.0, inplace)


def hardtanh(
    input: TensorLike, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False
) -> Tensor:
    """Clip to a range: ``y = min(max(x, min_val), max_val)``.

    Parameters
    ----------
    input
        Any shape.
    min_val, max_val
        The range; ``min_val <= max_val``.
    inplace
        As in `relu`.

    Examples
    --------
    >>> fastnn.hardtanh([-3.0, 0.5, 2.0])
    tensor([-1. ,  0.5,  1. ])
    """
    if min_val > max_val:
        raise ValueError(f"hardtanh: min_val must not exceed max_val, got {min_val} and {max_val}")
    if inplace:
        bounds = min_val, max_val
        return overwrite(
            "hardtanh", _core.hardtanh, hardtanh_backward, input, *bounds, by_output=True
        )
    x = array(input)
    y = _core.hardtanh(x, min_val, max_val)
    return record(y, hardtanh_backward, (input,), x, min_val, max_val)


hardtanh_backward = from_kernel(_core.hardtanh_backward)


def elu(input: TensorLike, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """Exponential linear unit: ``y = x`` for x > 0, ``alpha * (exp(x) - 1)`` otherwise.

    Parameters
    ----------
    input
        Any shape.
    alpha
        The output falls towards ``-alpha``.
    inplace
        As in `relu`.

    Notes
    -----
    Clevert, Unterthiner, Hochreiter, "Fast and accurate deep network learning by exponential
    linear units", 2015.

    Examples
    --------
    >>> fastnn.elu([0.0, 2.0])
    tensor([0., 2.])
    """
    return exponential("elu", input, inplace, alpha)


def selu(input: TensorLike, inplace: bool = False) -> Tensor:
    """Self-normalising unit: ``y = scale * elu(x, alpha)``, scale = 1.0507…, alpha = 1.6733….

    The input has any shape; `inplace` is that of `relu`.

    Notes
    -----
    Klambauer, Unterthiner, Mayr, Hochreiter, "Self-normalizing neural networks", 2017.

    Examples
    --------
    >>> round(fastnn.selu(1.0).item(), 4)
    1.0507
    """
    return exponential("selu", input, inplace, SELU_ALPHA, SELU_SCALE)


def celu(input: TensorLike, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """Exponential unit without a bend: ``y = x`` for x > 0, ``alpha * (exp(x / alpha) - 1)`` else.

    Parameters
    ----------
    input
        Any shape.
    alpha
        The output falls towards ``-alpha``; not 0.
    inplace
        As in `relu`.

    Raises
    ------
    ZeroDivisionError
        `alpha` is 0.

    Notes
    -----
    Barron, "Continuously differentiable exponential linear units", 2017.

    Examples
    --------
    >>> fastnn.celu([-100.0, 2.0], alpha=0.5)
    tensor([-0.5,  2. ])
    """
    if alpha == 0:
        raise ZeroDivisionError("celu: alpha must not be 0")
    return exponential("celu", input, inplace, alpha, 1.0, 1.0 / alpha)


def exponential(
    op: str,
    input: TensorLike,
    inplace: bool,
    alpha: float,
    scale: float = 1.0,
    input_scale: float = 1.0,
) -> Tensor:
    numbers = alpha, scale, input_scale
    if inplace:
        return overwrite(op, _core.elu, elu_backward, input, *numbers, by_output=False)
    x = array(input)
    return record(_core.elu(x, *numbers), elu_backward, (input,), x, *numbers)


elu_backward = from_kernel(_core.elu_backward)


def hardsigmoid(input: TensorLike, inplace: bool = False) -> Tensor:
    """Sigmoid in three straight pieces: ``y = min(max(x + 3, 0), 6) / 6``.

    The input has any shape; `inplace` is that of `relu`.

    Examples
    --------
    >>> fastnn.hardsigmoid([-4.0, 0.0, 4.0])
    tensor([0. , 0.5, 1. ])
    """
    if inplace:
        return overwrite(
            "hardsigmoid", _core.hardsigmoid, hardsigmoid_backward, input, by_output=False
        )
    x = array(input)
    return record(_core.hardsigmoid(x), hardsigmoid_backward, (input,), x)


hardsigmoid_backward = from_kernel(_core.hardsigmoid_backward)


def hardswish(input: TensorLike, inplace: bool = False) -> Tensor:
    """Swish in pieces: ``y = x * min(max(x + 3, 0), 6) / 6``.

    The input has any shape; `inplace` is that of `relu`.

    Notes
    -----
    Howard et al., "Searching for MobileNetV3", 2019.

    Examples
    --------
    >>> fastnn.hardswish([-4.0, 0.0, 4.0])
    tensor([0., 0., 4.])
    """
    if inplace:
        return overwrite("hardswish", _core.hardswish, hardswish_backward, input, by_output=False)
    x = array(input)
    return record(_core.hardswish(x), hardswish_backward, (input,), x)


hardswish_backward = from_kernel(_core.hardswish_backward)
