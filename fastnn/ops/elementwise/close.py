"""Whether numbers are equal, or nearly, and of which kind they are; no gradient flows."""

from __future__ import annotations

import math

import numpy as np

from ... import _core
from ...autograd.record import Array, array
from ...dtypes import check_real, check_same
from ...tensor import Tensor, TensorLike

__all__ = ["allclose", "equal", "isclose", "isneginf", "isposinf", "isreal", "signbit"]


def isclose(
    input: TensorLike,
    other: TensorLike,
    rtol: float = 1e-05,
    atol: float = 1e-08,
    equal_nan: bool = False,
) -> Tensor:
    """Whether elements are nearly equal: ``|input - other| <= atol + rtol |other|``.

    Parameters
    ----------
    input, other
        Tensors of one type whose shapes broadcast. Infinities are close only where they are equal.
    rtol, atol
        The relative and the absolute tolerance, not negative.
    equal_nan
        Whether NaN is close to NaN.

    Returns
    -------
    Tensor
        Boolean, of the common shape.

    Examples
    --------
    >>> fastnn.isclose(fastnn.tensor([1.0, 2.0]), fastnn.tensor([1.0, 2.1]))
    tensor([ True, False])
    """
    return Tensor(near("isclose", array(input), array(other), rtol, atol, equal_nan))


def near(op: str, a: Array, b: Array, rtol: float, atol: float, equal_nan: bool) -> Array:
    check_real(op, a, stored=True)
    check_real(op, b, "other", stored=True)
    check_same(op, input=a, other=b)
    for name, value in (("rtol", rtol), ("atol", atol)):
        if not float(value) >= 0:
            raise ValueError(f"{op}: {name} must be a number that is not negative, got {value}")
    if a.dtype.kind != "f":  # whose differences float32 does not hold
        a, b = a.astype(np.float64), b.astype(np.float64)
    y = _core.isclose(a, b, float(rtol), float(atol))
    if equal_nan:
        y = _core.logical_or(y, _core.logical_and(_core.isnan(a), _core.isnan(b)))
    return y


def allclose(
    input: TensorLike,
    other: TensorLike,
    rtol: float = 1e-05,
    atol: float = 1e-08,
    equal_nan: bool = False,
) -> bool:
    """Whether all elements are nearly equal.

    Parameters
    ----------
    input, other, rtol, atol, equal_nan
        Those of `isclose`.

    Returns
    -------
    bool
        True where `isclose` is true everywhere.

    Examples
    --------
    >>> fastnn.allclose(fastnn.tensor([1.0, 2.0]), fastnn.tensor([1.0, 2.0 + 1e-6]))
    True
    """
    return bool(near("allclose", array(input), array(other), rtol, atol, equal_nan).all())


def equal(input: TensorLike, other: TensorLike) -> bool:
    """Whether two tensors have the same shape and the same elements.

    Parameters
    ----------
    input, other
        Tensors of one type; NaN equals nothing.

    Returns
    -------
    bool
        True where both are equal.

    Examples
    --------
    >>> fastnn.equal(fastnn.ones(2), fastnn.ones(2)), fastnn.equal(fastnn.ones(2), fastnn.ones(1))
    (True, False)
    """
    a, b = array(input), array(other)
    check_real("equal", a, stored=True)
    check_real("equal", b, "other", stored=True)
    check_same("equal", input=a, other=b)
    return a.shape == b.shape and bool(_core.eq(a, b).all())


def isposinf(input: TensorLike) -> Tensor:
    """Whether each element is positive infinity.

    Arguments and result are those of `isnan`.

    Examples
    --------
    >>> fastnn.isposinf(fastnn.tensor([float("inf"), -float("inf"), 1.0]))
    tensor([ True, False, False])
    """
    return Tensor(_core.eq(array(input), math.inf))


def isneginf(input: TensorLike) -> Tensor:
    """Whether each element is negative infinity.

    Arguments and result are those of `isnan`.

    Examples
    --------
    >>> fastnn.isneginf(fastnn.tensor([float("inf"), -float("inf"), 1.0]))
    tensor([False,  True, False])
    """
    return Tensor(_core.eq(array(input), -math.inf))


def isreal(input: TensorLike) -> Tensor:
    """Whether each element is a real number, which all are: there are no complex tensors.

    Arguments and result are those of `isnan`.

    Examples
    --------
    >>> fastnn.isreal(fastnn.tensor([1.0, float("nan")]))
    tensor([ True,  True])
    """
    x = array(input)
    check_real("isreal", x)
    return Tensor(np.ones(x.shape, np.bool_))


def signbit(input: TensorLike) -> Tensor:
    """Whether each element has a minus sign, as also -0.0 has.

    Arguments and result are those of `isnan`.

    Examples
    --------
    >>> fastnn.signbit(fastnn.tensor([1.0, -0.0, -2.0]))
    tensor([False,  True,  True])
    """
    x = array(input)
    return Tensor(_core.lt(_core.copysign(1.0, x) if x.dtype.kind == "f" else x, 0))
