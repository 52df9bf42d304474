"""Comparisons and tests, element by element: the result is boolean, and no gradient flows."""

from __future__ import annotations

from typing import Any

from ... import _core
from ...autograd.record import array
from ...tensor import Tensor, TensorLike
from .operands import operand

__all__ = [
    "eq",
    "ge",
    "greater",
    "greater_equal",
    "gt",
    "isfinite",
    "isinf",
    "isnan",
    "le",
    "less",
    "less_equal",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "lt",
    "ne",
    "not_equal",
]


def eq(input: TensorLike, other: TensorLike) -> Tensor:
    """Whether each element equals the other: ``input == other``.

    Parameters
    ----------
    input, other
        Tensors whose shapes broadcast, or one of them a number. NaN equals nothing and is neither
        less nor greater.

    Returns
    -------
    Tensor
        Boolean, of the common shape.

    Examples
    --------
    >>> fastnn.eq(fastnn.tensor([1.0, 2.0, 3.0]), 2.0)
    tensor([False,  True, False])
    """
    return Tensor(_core.eq(operand(input), operand(other)))


def ne(input: TensorLike, other: TensorLike) -> Tensor:
    """Whether each element differs from the other: ``input != other``.

    Arguments and result are those of `eq`.

    Examples
    --------
    >>> fastnn.ne(fastnn.tensor([1.0, 2.0, 3.0]), 2.0)
    tensor([ True, False,  True])
    """
    return Tensor(_core.ne(operand(input), operand(other)))


def lt(input: TensorLike, other: TensorLike) -> Tensor:
    """Whether each element is less than the other: ``input < other``.

    Arguments and result are those of `eq`.

    Examples
    --------
    >>> fastnn.lt(fastnn.tensor([1.0, 2.0, 3.0]), 2.0)
    tensor([ True, False, False])
    """
    return Tensor(_core.lt(operand(input), operand(other)))


def le(input: TensorLike, other: TensorLike) -> Tensor:
    """Whether each element is at most the other: ``input <= other``.

    Arguments and result are those of `eq`.

    Examples
    --------
    >>> fastnn.le(fastnn.tensor([1.0, 2.0, 3.0]), 2.0)
    tensor([ True,  True, False])
    """
    return Tensor(_core.le(operand(input), operand(other)))


def gt(input: TensorLike, other: TensorLike) -> Tensor:
    """Whether each element is greater than the other: ``input > other``.

    Arguments and result are those of `eq`.

    Examples
    --------
    >>> fastnn.gt(fastnn.tensor([1.0, 2.0, 3.0]), 2.0)
    tensor([False, False,  True])
    """
    return Tensor(_core.gt(operand(input), operand(other)))


def ge(input: TensorLike, other: TensorLike) -> Tensor:
    """Whether each element is at least the other: ``input >= other``.

    Arguments and result are those of `eq`.

    Examples
    --------
    >>> fastnn.ge(fastnn.tensor([1.0, 2.0, 3.0]), 2.0)
    tensor([False,  True,  True])
    """
    return Tensor(_core.ge(operand(input), operand(other)))


def logical_and(input: TensorLike, other: TensorLike) -> Tensor:
    """Whether both elements are true, that is, not zero.

    Parameters
    ----------
    input, other
        Tensors of any dtype whose shapes broadcast.

    Returns
    -------
    Tensor
        Boolean, of the common shape.

    Examples
    --------
    >>> fastnn.logical_and(fastnn.tensor([0.0, 1.0, 2.0]), fastnn.tensor([0.0, 0.0, 3.0]))
    tensor([False, False,  True])
    """
    return Tensor(_core.logical_and(operand(input), operand(other)))


def logical_or(input: TensorLike, other: TensorLike) -> Tensor:
    """Whether at least one of the elements is true, that is, not zero.

    Arguments and result are those of `logical_and`.

    Examples
    --------
    >>> fastnn.logical_or(fastnn.tensor([0.0, 1.0, 2.0]), fastnn.tensor([0.0, 0.0, 3.0]))
    tensor([False,  True,  True])
    """
    return Tensor(_core.logical_or(operand(input), operand(other)))


def logical_xor(input: TensorLike, other: TensorLike) -> Tensor:
    """Whether exactly one of the elements is true, that is, not zero.

    Arguments and result are those of `logical_and`.

    Examples
    --------
    >>> fastnn.logical_xor(fastnn.tensor([0.0, 1.0, 2.0]), fastnn.tensor([0.0, 0.0, 3.0]))
    tensor([False,  True, False])
    """
    return Tensor(_core.logical_xor(operand(input), operand(other)))


def logical_not(input: TensorLike) -> Tensor:
    """Whether each element is false, that is, zero.

    Arguments and result are those of `isnan`.

    Examples
    --------
    >>> fastnn.logical_not(fastnn.tensor([0.0, 1.0]))
    tensor([ True, False])
    """
    return Tensor(_core.logical_not(array(input)))


def isnan(input: TensorLike) -> Tensor:
    """Whether each element is NaN.

    Parameters
    ----------
    input
        Of any shape.

    Returns
    -------
    Tensor
        Boolean, of the same shape.

    Examples
    --------
    >>> fastnn.isnan(fastnn.tensor([float("nan"), 1.0]))
    tensor([ True, False])
    """
    return Tensor(_core.isnan(array(input)))


def isinf(input: TensorLike) -> Tensor:
    """Whether each element is infinite.

    Arguments and result are those of `isnan`.

    Examples
    --------
    >>> fastnn.isinf(fastnn.tensor([float("inf"), 1.0]))
    tensor([ True, False])
    """
    return Tensor(_core.isinf(array(input)))


def isfinite(input: TensorLike) -> Tensor:
    """Whether each element is a number: neither infinite nor NaN.

    Arguments and result are those of `isnan`.

    Examples
    --------
    >>> fastnn.isfinite(fastnn.tensor([float("inf"), 1.0]))
    tensor([False,  True])
    """
    return Tensor(_core.isfinite(array(input)))


def equals(input: Tensor, other: Any) -> Any:
    """``input == other``: not equal to what is no tensor or number, such as None or a word."""
    try:
        return eq(input, other)
    except TypeError:
        return NotImplemented


def differs(input: Tensor, other: Any) -> Any:
    """``input != other``; see `equals`."""
    try:
        return ne(input, other)
    except TypeError:
        return NotImplemented


not_equal = ne
less = lt
less_equal = le
greater = gt
greater_equal = ge
