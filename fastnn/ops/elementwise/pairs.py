"""Functions of two numbers: signs and bounds, lengths, sums of logarithms."""

from __future__ import annotations

import math

import numpy as np

from ... import _core
from ...autograd.record import Array, Grads, Node, record
from ...dtypes import float64
from ...tensor import Tensor, TensorLike
from ..cast import to
from .arithmetic import mul
from .operands import fit, operand
from .power import atan2, pow
from .special import exp2

__all__ = [
    "arctan2",
    "copysign",
    "float_power",
    "fmax",
    "fmin",
    "heaviside",
    "hypot",
    "ldexp",
    "logaddexp",
    "logaddexp2",
    "nextafter",
    "xlogy",
]


def copysign(input: TensorLike, other: TensorLike) -> Tensor:
    """Magnitude of `input` with the sign of `other`, whose zeros have a sign too.

    Arguments and result are those of `mul`. The gradient by `other` is zero.

    Examples
    --------
    >>> fastnn.copysign(fastnn.tensor([1.0, 2.0]), fastnn.tensor([3.0, -0.0]))
    tensor([ 1., -2.])
    """
    a, b = operand(input), operand(other)
    return record(_core.copysign(a, b), copysign_backward, (input, other), a, b)


def copysign_backward(node: Node, dy: Array) -> Grads:
    a, b = node.saved
    first, second = node.needs
    da = (
        _core.mul(dy, _core.mul(_core.sign(a), _core.copysign(1.0, as_array(b)))) if first else None
    )
    return (fit(da, a), np.zeros(b.shape, b.dtype) if second else None)


def fmax(input: TensorLike, other: TensorLike) -> Tensor:
    """Larger of two elements; where one of them is NaN, the other.

    Arguments and result are those of `mul`. Where both are equal, `input` gets the gradient.

    Examples
    --------
    >>> fastnn.fmax(fastnn.tensor([1.0, float("nan")]), fastnn.tensor([3.0, 2.0]))
    tensor([3., 2.])
    """
    a, b = operand(input), operand(other)
    return record(_core.fmax(a, b), fmax_backward, (input, other), a, b)


def fmax_backward(node: Node, dy: Array) -> Grads:
    a, b = node.saved
    return chosen_backward(node, dy, _core.ge(a, b))


def fmin(input: TensorLike, other: TensorLike) -> Tensor:
    """Smaller of two elements; where one of them is NaN, the other.

    Arguments and result are those of `fmax`.

    Examples
    --------
    >>> fastnn.fmin(fastnn.tensor([1.0, float("nan")]), fastnn.tensor([3.0, 2.0]))
    tensor([1., 2.])
    """
    a, b = operand(input), operand(other)
    return record(_core.fmin(a, b), fmin_backward, (input, other), a, b)


def fmin_backward(node: Node, dy: Array) -> Grads:
    a, b = node.saved
    return chosen_backward(node, dy, _core.le(a, b))


def chosen_backward(node: Node, dy: Array, first: Array) -> Grads:
    """The gradient of the first operand where it was chosen, or the other is NaN."""
    a, b = node.saved
    first = _core.logical_or(first, _core.isnan(as_array(b)))
    da, db = _core.where_backward(dy, first, *node.needs)
    return (fit(da, a), fit(db, b))


def heaviside(input: TensorLike, values: TensorLike) -> Tensor:
    """Unit step: 0 for negative elements and NaN, 1 for positive ones, `values` at 0.

    Parameters
    ----------
    input
        ``x``, of any shape.
    values
        What ``x = 0`` becomes; broadcasts with `input`.

    Returns
    -------
    Tensor
        Of the common shape; it has no gradient.

    Examples
    --------
    >>> fastnn.heaviside(fastnn.tensor([-1.0, 0.0, 2.0]), fastnn.tensor([0.5]))
    tensor([0. , 0.5, 1. ])
    """
    return Tensor(_core.heaviside(operand(input), operand(values)))


def hypot(input: TensorLike, other: TensorLike) -> Tensor:
    """Length of a vector: ``y = sqrt(input^2 + other^2)``, whose squares may overflow.

    Arguments and result are those of `mul`. The gradient at the origin is NaN.

    Examples
    --------
    >>> fastnn.hypot(fastnn.tensor([3.0, 5.0]), fastnn.tensor([4.0, 12.0]))
    tensor([ 5., 13.])
    """
    a, b = operand(input), operand(other)
    y = _core.hypot(a, b)
    return record(y, hypot_backward, (input, other), a, b, y)


def hypot_backward(node: Node, dy: Array) -> Grads:
    a, b, y = node.saved
    first, second = node.needs
    return (
        fit(_core.mul(dy, _core.div(a, y)), a) if first else None,
        fit(_core.mul(dy, _core.div(b, y)), b) if second else None,
    )


def ldexp(input: TensorLike, other: TensorLike) -> Tensor:
    """Product with a power of two: ``y = input 2^other``.

    Arguments and result are those of `mul`.

    Examples
    --------
    >>> fastnn.ldexp(fastnn.tensor([1.0, 3.0]), fastnn.tensor([4, -1]))
    tensor([16. ,  1.5])
    """
    power = 2.0**other if isinstance(other, (int, float)) else exp2(other)
    return mul(input, power)


def logaddexp(input: TensorLike, other: TensorLike) -> Tensor:
    """Sum in the space of logarithms: ``y = log(e^input + e^other)``, without overflow.

    Arguments and result are those of `mul`.

    Examples
    --------
    >>> fastnn.logaddexp(fastnn.tensor([0.0, 100.0]), fastnn.tensor([0.0, 100.0]))
    tensor([  0.6931, 100.6931])
    """
    a, b = operand(input), operand(other)
    return record(_core.logaddexp(a, b), logaddexp_backward, (input, other), a, b, 1.0)


def logaddexp2(input: TensorLike, other: TensorLike) -> Tensor:
    """`logaddexp` with base 2: ``y = log2(2^input + 2^other)``.

    Arguments and result are those of `mul`.

    Examples
    --------
    >>> fastnn.logaddexp2(fastnn.tensor([0.0, 200.0]), fastnn.tensor([0.0, 200.0]))
    tensor([  1., 201.])
    """
    a, b = operand(input), operand(other)
    y = _core.logaddexp2(a, b)
    return record(y, logaddexp_backward, (input, other), a, b, math.log(2))


def logaddexp_backward(node: Node, dy: Array) -> Grads:
    a, b, base = node.saved
    first, second = node.needs
    ahead = _core.mul(_core.sub(a, b), base)
    return (
        fit(_core.mul(dy, _core.sigmoid(ahead)), a) if first else None,
        fit(_core.mul(dy, _core.sigmoid(_core.neg(ahead))), b) if second else None,
    )


def nextafter(input: TensorLike, other: TensorLike) -> Tensor:
    """Neighbour of `input` among the numbers of its type, in the direction of `other`.

    Arguments and result are those of `mul`; it has no gradient.

    Examples
    --------
    >>> fastnn.nextafter(fastnn.tensor([1.0]), fastnn.tensor([2.0])) - 1
    tensor([1.1921e-07])
    """
    return Tensor(_core.nextafter(operand(input), operand(other)))


def xlogy(input: TensorLike, other: TensorLike) -> Tensor:
    """Product with a logarithm: ``y = input log(other)``, 0 where `input` is 0.

    Arguments and result are those of `mul`.

    Examples
    --------
    >>> fastnn.xlogy(fastnn.tensor([0.0, 2.0]), fastnn.tensor([0.0, 1.0]))
    tensor([0., 0.])
    """
    a, b = operand(input), operand(other)
    return record(_core.xlogy(a, b), xlogy_backward, (input, other), a, b)


def xlogy_backward(node: Node, dy: Array) -> Grads:
    a, b = node.saved
    first, second = node.needs
    da = db = None
    if first:
        of = as_array(b)
        away = _core.logical_or(_core.ne(a, 0), _core.gt(of, 0))
        da = _core.where(away, _core.mul(dy, _core.log(of)), 0.0)
    if second:
        db = _core.mul(dy, _core.div(a, b))
    return (fit(da, a), fit(db, b))


def as_array(x: Array | float) -> Array:
    """A number as a 0-d array, whose type gives way to those of others."""
    return x if isinstance(x, np.ndarray) else np.asarray(x, np.float64)


def float_power(input: TensorLike, exponent: TensorLike) -> Tensor:
    """`pow` computed in float64, whatever the types of its arguments.

    Arguments and result are those of `pow`; the result is float64.

    Examples
    --------
    >>> fastnn.float_power(fastnn.tensor([2, 3]), 2)
    tensor([4., 9.], dtype=float64)
    """
    if isinstance(input, (int, float)):
        return pow(float(input), to(exponent, float64))
    base = to(input, float64)
    return pow(base, exponent if isinstance(exponent, (int, float)) else to(exponent, float64))


arctan2 = atan2
