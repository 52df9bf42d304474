"""Functions of angles, and hyperbolic ones."""

from __future__ import annotations

from .... import _core
from ....autograd.record import Array, Grads, Node, array, record
from ....tensor import Tensor, TensorLike

__all__ = ["acos", "asin", "atan", "cos", "cosh", "sin", "sinh", "tan"]


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
    >>> fastnn.cosh(fastnn.tensor([0.0, 1.0]))
    tensor([1.    , 1.5431])
    """
    x = array(input)
    return record(_core.cosh(x), cosh_backward, (input,), x)


def cosh_backward(node: Node, dy: Array) -> Grads:
    (x,) = node.saved
    return (_core.cosh_backward(dy, x),)
