"""Signs, squares and roots."""

from __future__ import annotations

from .... import _core
from ....autograd.record import Array, Grads, Node, array, record
from ....tensor import Tensor, TensorLike
from .rounding import zero_backward

__all__ = ["abs", "absolute", "neg", "negative", "reciprocal", "rsqrt", "sign", "sqrt", "square"]


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
    >>> fastnn.rsqrt(fastnn.tensor([4.0, 0.25]))
    tensor([0.5, 2. ])
    """
    x = array(input)
    y = _core.rsqrt(x)
    return record(y, rsqrt_backward, (input,), y)


def rsqrt_backward(node: Node, dy: Array) -> Grads:
    (y,) = node.saved
    return (_core.rsqrt_backward(dy, y),)


absolute = abs
negative = neg
