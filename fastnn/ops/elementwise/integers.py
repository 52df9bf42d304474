"""Bits and divisors of integers, and the bits of floats as two numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ...autograd.record import Array, Grads, Node, array, record_many
from ...dtypes import check_real, result_type
from ...tensor import Tensor, TensorLike
from .operands import operand, pair

__all__ = [
    "bitwise_and",
    "bitwise_left_shift",
    "bitwise_not",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
    "frexp",
    "gcd",
    "lcm",
]


def integers(op: str, function: Callable[..., Any], input: Any, other: Any, kinds: str) -> Tensor:
    """A function of NumPy on operands in their common type, which is of these kinds."""
    a, b = operand(input), operand(other)
    if (  # most often, as of two masks
        isinstance(a, np.ndarray)
        and isinstance(b, np.ndarray)
        and a.shape == b.shape
        and a.dtype is b.dtype
        and a.dtype.kind in kinds
    ):
        return Tensor(np.asarray(function(a, b)))
    a, b = pair(op, a, b)
    dtype = result_type(a, b)
    if dtype.kind not in kinds:
        what = "integers or truth values" if "b" in kinds else "integers"
        raise TypeError(f"{op}: expected {what}, got {dtype}")
    x, y = np.asarray(a).astype(dtype, copy=False), np.asarray(b).astype(dtype, copy=False)
    return Tensor(np.asarray(function(x, y)))


def bitwise_and(input: TensorLike, other: TensorLike) -> Tensor:
    """The bits that both operands have: ``input & other``.

    Parameters
    ----------
    input, other
        Integers or truth values, tensors or one of them a number, whose shapes broadcast.

    Returns
    -------
    Tensor
        Of the common shape and type; it has no gradient.

    Raises
    ------
    TypeError
        If an operand holds floats.

    Examples
    --------
    >>> fastnn.bitwise_and(fastnn.tensor([3, 6]), 2)
    tensor([2, 2])
    """
    return integers("bitwise_and", np.bitwise_and, input, other, "biu")


def bitwise_or(input: TensorLike, other: TensorLike) -> Tensor:
    """The bits that one of the operands has, or both: ``input | other``.

    Arguments and result are those of `bitwise_and`.

    Examples
    --------
    >>> fastnn.bitwise_or(fastnn.tensor([3, 6]), 8)
    tensor([11, 14])
    """
    return integers("bitwise_or", np.bitwise_or, input, other, "biu")


def bitwise_xor(input: TensorLike, other: TensorLike) -> Tensor:
    """The bits that one of the operands has, but not both: ``input ^ other``.

    Arguments and result are those of `bitwise_and`.

    Examples
    --------
    >>> fastnn.bitwise_xor(fastnn.tensor([True, True]), fastnn.tensor([True, False]))
    tensor([False,  True])
    """
    return integers("bitwise_xor", np.bitwise_xor, input, other, "biu")


def bitwise_not(input: TensorLike) -> Tensor:
    """Every bit turned over: ``~input``, of truth values the others.

    Parameters
    ----------
    input
        Integers or truth values, of any shape.

    Returns
    -------
    Tensor
        Of the same shape and type.

    Examples
    --------
    >>> fastnn.bitwise_not(fastnn.tensor([0, 5]))
    tensor([-1, -6])
    """
    x = array(input)
    if x.dtype.kind not in "biu":
        raise TypeError(f"bitwise_not: expected integers or truth values, got {x.dtype}")
    return Tensor(np.asarray(np.invert(x)))


def bitwise_left_shift(input: TensorLike, other: TensorLike) -> Tensor:
    """Bits moved to higher places: ``input << other``, a product with a power of 2.

    Arguments and result are those of `bitwise_and`, without truth values; bits that leave the type
    are lost.

    Examples
    --------
    >>> fastnn.bitwise_left_shift(fastnn.tensor([1, 3]), 2)
    tensor([ 4, 12])
    """
    return integers("bitwise_left_shift", np.left_shift, input, other, "iu")


def bitwise_right_shift(input: TensorLike, other: TensorLike) -> Tensor:
    """Bits moved to lower places: ``input >> other``; signs remain.

    Arguments and result are those of `bitwise_and`, without truth values.

    Examples
    --------
    >>> fastnn.bitwise_right_shift(fastnn.tensor([4, -8]), 2)
    tensor([ 1, -2])
    """
    return integers("bitwise_right_shift", np.right_shift, input, other, "iu")


def gcd(input: TensorLike, other: TensorLike) -> Tensor:
    """The greatest common divisor, not negative; of 0 and a number its magnitude.

    Arguments and result are those of `bitwise_and`, without truth values.

    Examples
    --------
    >>> fastnn.gcd(fastnn.tensor([4, -6, 0]), fastnn.tensor([6, 9, 5]))
    tensor([2, 3, 5])
    """
    return integers("gcd", np.gcd, input, other, "iu")


def lcm(input: TensorLike, other: TensorLike) -> Tensor:
    """The least common multiple, not negative; 0 if an operand is 0.

    Arguments and result are those of `bitwise_and`, without truth values.

    Examples
    --------
    >>> fastnn.lcm(fastnn.tensor([4, -6, 0]), fastnn.tensor([6, 9, 5]))
    tensor([12, 18,  0])
    """
    return integers("lcm", np.lcm, input, other, "iu")


class Frexp(NamedTuple):
    """Mantissas and exponents."""

    mantissa: Tensor
    exponent: Tensor


def frexp(input: TensorLike) -> Frexp:
    """Floats as ``mantissa * 2^exponent`` with a magnitude of the mantissa from 1/2 to below 1.

    Parameters
    ----------
    input
        Floats, of any shape.

    Returns
    -------
    (mantissa, exponent)
        Of the same shape: floats, through which gradients flow, and int32. 0, infinities and NaN
        are their own mantissas with the exponent 0.

    Examples
    --------
    >>> fastnn.frexp(fastnn.tensor([1.0, 6.0]))
    Frexp(mantissa=tensor([0.5 , 0.75]), exponent=tensor([1, 3], dtype=int32))
    """
    x = array(input)
    check_real("frexp", x)
    if x.dtype.kind != "f":
        raise TypeError(f"frexp: expected floats, got {x.dtype}")
    mantissa, exponent = np.frexp(x)
    exponent = np.where(np.isfinite(x), exponent, 0).astype(np.int32)
    ys = (np.asarray(mantissa), exponent)
    return Frexp(*record_many(ys, frexp_backward, (input,), exponent))


def frexp_backward(node: Node, dy: Array | None, _: Array | None) -> Grads:
    (exponent,) = node.saved
    return (None if dy is None else np.ldexp(dy, -exponent).astype(dy.dtype, copy=False),)
