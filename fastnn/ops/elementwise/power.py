"""Powers, remainders and angles."""

from __future__ import annotations

import numpy as np

from ... import _core
from ...autograd.record import Array, Grads, Node, record
from ...tensor import Tensor, TensorLike
from .operands import fit, from_kernel, operand

__all__ = ["atan2", "floor_divide", "fmod", "pow", "remainder"]


def pow(input: TensorLike, exponent: TensorLike) -> Tensor:
    """Power: ``y = input ^ exponent``.

    Parameters
    ----------
    input, exponent
        Tensors whose shapes broadcast, or one of them a number. A negative number to a power that
        is not whole is NaN. The exponents 2, 3, 0.5, -0.5 and -1 have kernels of their own.

    Returns
    -------
    Tensor
        ``y``, of the shape to which both broadcast.

    Examples
    --------
    >>> fastnn.tensor([1.0, 2.0, 3.0]) ** 2
    tensor([1., 4., 9.])
    >>> fastnn.pow(2.0, fastnn.tensor([3.0, -1.0]))
    tensor([8. , 0.5])
    """
    x = input._array if isinstance(input, Tensor) else operand(input)
    if isinstance(exponent, (float, int)):
        if isinstance(x, np.ndarray) and x.dtype.kind == "f":
            kernel = POWERS.get(exponent)
            y = _core.pow(x, exponent) if kernel is None else kernel(x)
        else:
            y = _core.pow(x, exponent)
        return record(y, pow_scalar_backward, (input,), x, exponent)
    e = operand(exponent)
    return record(_core.pow(x, e), pow_backward, (input, exponent), x, e)


POWERS = {
    2: _core.square,
    3: _core.cube,
    0.5: _core.sqrt,
    -0.5: _core.rsqrt,
    -1: _core.reciprocal,
}


def pow_scalar_backward(node: Node, dy: Array) -> Grads:
    x, exponent = node.saved
    if exponent == 2:
        return (_core.square_backward(dy, x),)
    if exponent == 3:
        return (_core.cube_backward(dy, x),)
    return (_core.pow_scalar_backward(dy, x, exponent),)


pow_backward = from_kernel(_core.pow_backward)


def atan2(input: TensorLike, other: TensorLike) -> Tensor:
    """Angle of the point (other, input), in radians from -pi to pi.

    Parameters
    ----------
    input, other
        The coordinates y and x; they broadcast.

    Returns
    -------
    Tensor
        The angles, of the common shape.

    Examples
    --------
    >>> fastnn.atan2(fastnn.tensor([1.0, -1.0]), fastnn.tensor([1.0, 1.0]))
    tensor([ 0.7854, -0.7854])
    """
    a, b = operand(input), operand(other)
    return record(_core.atan2(a, b), atan2_backward, (input, other), a, b)


atan2_backward = from_kernel(_core.atan2_backward)


def remainder(input: TensorLike, other: TensorLike) -> Tensor:
    """Remainder with the sign of the divisor, as ``%`` in Python.

    ``y = input - other floor(input / other)``

    Arguments and result are those of `mul`.

    Examples
    --------
    >>> fastnn.remainder(fastnn.tensor([5.0, -5.0]), 3.0)
    tensor([2., 1.])
    """
    a, b = operand(input), operand(other)
    return record(_core.remainder(a, b), remainder_backward, (input, other), a, b)


def remainder_backward(node: Node, dy: Array) -> Grads:
    a, b = node.saved
    first, second = node.needs
    db = _core.neg(_core.mul(dy, _core.floor_divide(a, b))) if second else None
    return (fit(dy, a) if first else None, fit(db, b))


def fmod(input: TensorLike, other: TensorLike) -> Tensor:
    """Remainder with the sign of the dividend, as ``%`` in C.

    ``y = input - other trunc(input / other)``

    Arguments and result are those of `mul`.

    Examples
    --------
    >>> fastnn.fmod(fastnn.tensor([5.0, -5.0]), 3.0)
    tensor([ 2., -2.])
    """
    a, b = operand(input), operand(other)
    return record(_core.fmod(a, b), fmod_backward, (input, other), a, b)


def fmod_backward(node: Node, dy: Array) -> Grads:
    a, b = node.saved
    first, second = node.needs
    db = _core.neg(_core.mul(dy, _core.trunc(_core.div(a, b)))) if second else None
    return (fit(dy, a) if first else None, fit(db, b))


def floor_divide(input: TensorLike, other: TensorLike) -> Tensor:
    """Quotient rounded down, as ``//`` in Python; it has no gradient.

    Arguments and result are those of `mul`.

    Examples
    --------
    >>> fastnn.tensor([5.0, -5.0]) // 3.0
    tensor([ 1., -2.])
    """
    return Tensor(_core.floor_divide(operand(input), operand(other)))
