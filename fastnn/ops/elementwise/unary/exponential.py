"""Exponentials, logarithms and the error function."""

from __future__ import annotations

from .... import _core
from ....autograd.record import Array, Grads, Node, array, record
from ....tensor import Tensor, TensorLike

__all__ = ["erf", "exp", "expm1", "log", "log1p", "log2", "log10"]


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
    >>> fastnn.log10(fastnn.tensor([1000.0, 0.1]))
    tensor([ 3., -1.])
    """
    x = array(input)
    return record(_core.log10(x), log10_backward, (input,), x)


def log10_backward(node: Node, dy: Array) -> Grads:
    (x,) = node.saved
    return (_core.log10_backward(dy, x),)


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
    >>> fastnn.erf(fastnn.tensor([0.0, 1.0]))
    tensor([0.    , 0.8427])
    """
    x = array(input)
    return record(_core.erf(x), erf_backward, (input,), x)


def erf_backward(node: Node, dy: Array) -> Grads:
    (x,) = node.saved
    return (_core.erf_backward(dy, x),)
