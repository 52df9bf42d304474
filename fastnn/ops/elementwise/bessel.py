r"""Bessel functions of the orders 0 and 1.

All are integrals over a period of smooth functions, or of what falls double exponentially: for both
the trapezoidal rule converges faster than any power of its step. From `FAR` on the ordinary ones
are computed by Hankel's expansions, whose terms there fall below 1e-16 of the sum:

.. math::
    a_k = \frac{(4 n^2 - 1^2)(4 n^2 - 3^2) \cdots (4 n^2 - (2k - 1)^2)}{k! \, 8^k}

Computed with NumPy in float64, on one thread.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache

import numpy as np

from ...autograd.record import Array, Grads, Node, array, record
from ...dtypes import cast_to
from ...tensor import Tensor, TensorLike
from .operands import narrowed

__all__ = ["i0"]

FAR = 30.0
EULER = 0.5772156649015329
# The angles of the trapezoidal rule on a quarter of the period. It mistakes the function of the
# order 4 * 64 for that of order 0, and this is below 1e-100 up to FAR.
COUNT = 64
ANGLES = np.arange(COUNT + 1) * (0.5 * math.pi / COUNT)
SHARES = np.where((ANGLES == 0) | (np.arange(COUNT + 1) == COUNT), 0.5, 1.0) / COUNT
SINES = np.sin(ANGLES)


@cache
def neumann() -> Array:
    """Weights of the angles in Neumann's series for Y0: of J_2k (-1)^k / k, by the same integral.

    On first use: products wake the threads of NumPy, which would make the import slower.
    """
    k = np.arange(1, 61)
    weights: Array = ((-1.0) ** k / k) @ np.cos(2 * np.outer(k, ANGLES))
    return weights


def coefficients(n: int, count: int = 30) -> list[float]:
    """The first numbers a_k for the order n."""
    found = [1.0]
    for k in range(1, count):
        found.append(found[-1] * (4 * n * n - (2 * k - 1) ** 2) / (8 * k))
    return found


A = [coefficients(0), coefficients(1)]


def expansion(a: list[float], x: Array) -> Array:
    """The sum of ``a_k / x^k``."""
    total = np.zeros(x.shape)
    for factor in reversed(a):
        total = total / x + factor
    return total


def periodic(f: Callable[[float], Array], weights: Array, shape: tuple[int, ...]) -> Array:
    """The sum of a function of the sines, with these weights: without a table for each element."""
    total = np.zeros(shape)
    for sine, weight in zip(SINES, weights):
        total += weight * f(sine)
    return total


def split(x: Array, near: Callable[[Array], Array], far: Callable[[Array], Array]) -> Array:
    """One function below FAR, and another one from there on."""
    with np.errstate(all="ignore"):
        return np.asarray(np.where(x < FAR, near(np.minimum(x, FAR)), far(np.maximum(x, FAR))))


def scaled_i(n: int, x: Array) -> Array:
    """``exp(-x) I_n(x)`` for x >= 0: of an even or odd power of a sine, without cancellation."""

    def term(s: float, x: Array) -> Array:
        small = np.exp(x * (s - 1))
        return (
            small * (1 + np.exp(-2 * x * s)) / 2
            if n == 0
            else -small * np.expm1(-2 * x * s) * s / 2
        )

    signs = [v * (-1) ** k for k, v in enumerate(A[n])]
    return split(
        x,
        lambda x: periodic(lambda s: term(s, x), SHARES, x.shape),
        lambda x: expansion(signs, x) / np.sqrt(2 * math.pi * x),
    )


def hankel(n: int, x: Array) -> tuple[Array, Array]:
    """J_n and Y_n for x from FAR on."""
    square = x * x
    p = expansion([v * (-1) ** k for k, v in enumerate(A[n][::2])], square)
    q = expansion([v * (-1) ** k for k, v in enumerate(A[n][1::2])], square) / x
    size, sine, cosine = 1 / np.sqrt(math.pi * x), np.sin(x), np.cos(x)
    # Of x - pi/4 or x - 3 pi/4, by that of x: a difference would be rounded.
    c, s = (cosine + sine, sine - cosine) if n == 0 else (sine - cosine, -cosine - sine)
    return size * (p * c - q * s), size * (p * s + q * c)


def j(n: int, x: Array) -> Array:
    """J_n for x >= 0."""

    def near(x: Array) -> Array:
        if n == 0:
            return periodic(lambda s: np.cos(x * s), SHARES, x.shape)
        return periodic(lambda s: np.sin(x * s) * s, SHARES, x.shape)

    return split(x, near, lambda x: hankel(n, x)[0])


def y(n: int, x: Array) -> Array:
    """Y_n for x >= 0, Y_1 as the negative derivative of Y_0."""

    def near(x: Array) -> Array:
        log = np.log(x / 2) + EULER
        terms = {0: lambda s: np.cos(x * s), 1: lambda s: np.sin(x * s) * s}
        series = 4 * periodic(terms[n], SHARES * neumann(), x.shape)
        rest = series if n == 0 else series + 2 * j(0, x) / x
        return np.asarray((2 * log * j(n, x) - rest) / math.pi)

    return split(x, near, lambda x: hankel(n, x)[1])


def scaled_k(n: float, x: Array) -> Array:
    """``exp(x) K_n(x)``: the integral of ``exp(-x (cosh t - 1)) cosh(n t)``."""
    with np.errstate(all="ignore"):
        step = 0.25 / np.sqrt(np.maximum(x, 1))
        end = np.arccosh(1 + 750 / x)  # where exp(-x cosh t) is 0
        reach = np.where(np.isfinite(end) & (x > 0), end / step, 0)
        total = np.full(x.shape, 0.5)
        for i in range(1, int(reach.max(initial=0)) + 1):
            t = i * step
            total += np.exp(-2 * x * np.sinh(t / 2) ** 2) * np.cosh(n * t)
        return np.asarray(np.where(x > 0, total * step, np.where(x == 0, np.inf, np.nan)))


def elementwise(
    op: str,
    input: TensorLike,
    value: Callable[[Array], Array],
    slope: Callable[[Array, Array], Array],
) -> Tensor:
    """A function of float64, and the one that gives its derivative from x and y."""
    x = array(input)
    wide = cast_to(op, x, np.float64)
    found = value(wide)
    return record(narrowed(found, x), slope_backward, (input,), wide, found, slope)


def slope_backward(node: Node, dy: Array) -> Grads:
    x, found, slope = node.saved
    with np.errstate(all="ignore"):
        return ((dy * slope(x, found)).astype(dy.dtype),)


def over(y: Array, x: Array, at_zero: float) -> Array:
    """y / x, which has a limit at 0."""
    return np.asarray(np.where(x == 0, at_zero, y / np.where(x == 0, 1, x)))


def grown(y: Array, x: Array) -> Array:
    """``exp(abs(x)) y``; 0 remains 0."""
    with np.errstate(all="ignore"):
        half = np.exp(np.abs(x) / 2)  # the product overflows later than the factor
        return np.asarray(np.where(y == 0, 0.0, y * half * half))


def even(n: int, f: Callable[[int, Array], Array], x: Array) -> Array:
    """A function of positive numbers for all: even for n = 0, odd for n = 1."""
    found = f(n, np.abs(x))
    return np.asarray(np.where(x < 0, -found, found)) if n else found


def i0(input: TensorLike) -> Tensor:
    r"""Modified Bessel function of the first kind and order 0.

    :math:`y = I_0(x) = \frac{1}{\pi} \int_0^\pi e^{x \cos t} dt`

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
    >>> fastnn.i0(fastnn.tensor([0.0, 1.0]))
    tensor([1.    , 1.2661])
    """
    return elementwise(
        "i0",
        input,
        lambda x: grown(even(0, scaled_i, x), x),
        lambda x, y: grown(even(1, scaled_i, x), x),
    )


def i1(input: TensorLike) -> Tensor:
    r"""Modified Bessel function of the first kind and order 1.

    :math:`y = I_1(x) = \frac{1}{\pi} \int_0^\pi e^{x \cos t} \cos t \, dt`

    Arguments and result are those of `i0`.

    Examples
    --------
    >>> fastnn.special.i1(fastnn.tensor([0.0, 1.0]))
    tensor([0.    , 0.5652])
    """
    return elementwise(
        "i1",
        input,
        lambda x: grown(even(1, scaled_i, x), x),
        lambda x, y: grown(even(0, scaled_i, x), x) - over(y, x, 0.5),
    )


def i0e(input: TensorLike) -> Tensor:
    r"""Scaled `i0`: :math:`y = e^{-|x|} I_0(x)`.

    Arguments and result are those of `i0`.

    Examples
    --------
    >>> fastnn.special.i0e(fastnn.tensor([0.0, 1.0]))
    tensor([1.    , 0.4658])
    """
    return elementwise(
        "i0e",
        input,
        lambda x: even(0, scaled_i, x),
        lambda x, y: even(1, scaled_i, x) - np.sign(x) * y,
    )


def i1e(input: TensorLike) -> Tensor:
    r"""Scaled `i1`: :math:`y = e^{-|x|} I_1(x)`.

    Arguments and result are those of `i0`.

    Examples
    --------
    >>> fastnn.special.i1e(fastnn.tensor([0.0, 1.0]))
    tensor([0.    , 0.2079])
    """
    return elementwise(
        "i1e",
        input,
        lambda x: even(1, scaled_i, x),
        lambda x, y: even(0, scaled_i, x) - np.sign(x) * y - over(y, x, 0.5),
    )


def bessel_j0(input: TensorLike) -> Tensor:
    r"""Bessel function of the first kind and order 0.

    :math:`y = J_0(x) = \frac{1}{\pi} \int_0^\pi \cos(x \sin t) dt`, to about 1e-15.

    Arguments and result are those of `i0`.

    Examples
    --------
    >>> fastnn.special.bessel_j0(fastnn.tensor([0.0, 1.0]))
    tensor([1.    , 0.7652])
    """
    return elementwise("bessel_j0", input, lambda x: even(0, j, x), lambda x, y: -even(1, j, x))


def bessel_j1(input: TensorLike) -> Tensor:
    r"""Bessel function of the first kind and order 1.

    :math:`y = J_1(x) = \frac{1}{\pi} \int_0^\pi \cos(t - x \sin t) dt`, to about 1e-15.

    Arguments and result are those of `i0`.

    Examples
    --------
    >>> fastnn.special.bessel_j1(fastnn.tensor([0.0, 1.0]))
    tensor([0.  , 0.44...])
    """
    return elementwise(
        "bessel_j1", input, lambda x: even(1, j, x), lambda x, y: even(0, j, x) - over(y, x, 0.5)
    )


def bessel_y0(input: TensorLike) -> Tensor:
    r"""Bessel function of the second kind and order 0; -inf at 0, NaN below.

    :math:`y = Y_0(x) = \tfrac{2}{\pi} (\ln \tfrac{x}{2} + \gamma) J_0(x) -
    \tfrac{4}{\pi} \sum_k (-1)^k J_{2k}(x) / k`, to about 1e-15.

    Arguments and result are those of `i0`.

    Examples
    --------
    >>> fastnn.special.bessel_y0(fastnn.tensor([1.0, 2.0]))
    tensor([0.0883, 0.5104])
    """
    return elementwise("bessel_y0", input, lambda x: positive(0, x), lambda x, v: -positive(1, x))


def bessel_y1(input: TensorLike) -> Tensor:
    r"""Bessel function of the second kind and order 1; -inf at 0, NaN below.

    :math:`y = Y_1(x) = -Y_0'(x)`, to about 1e-15.

    Arguments and result are those of `i0`.

    Examples
    --------
    >>> fastnn.special.bessel_y1(fastnn.tensor([1.0, 2.0]))
    tensor([-0.7812, -0.107 ])
    """
    return elementwise(
        "bessel_y1", input, lambda x: positive(1, x), lambda x, v: positive(0, x) - v / x
    )


def positive(n: int, x: Array) -> Array:
    """Y_n with its values at 0 and below."""
    found = y(n, np.where(x > 0, x, 1.0))
    return np.asarray(np.where(x > 0, found, np.where(x == 0, -np.inf, np.nan)))


def spherical_bessel_j0(input: TensorLike) -> Tensor:
    r"""Spherical Bessel function of the first kind and order 0: :math:`y = \sin(x) / x`, 1 at 0.

    Arguments and result are those of `i0`.

    Examples
    --------
    >>> fastnn.special.spherical_bessel_j0(fastnn.tensor([0.0, 1.0]))
    tensor([1.    , 0.8415])
    """
    return elementwise(
        "spherical_bessel_j0",
        input,
        lambda x: over(np.sin(x), x, 1.0),
        lambda x, y: over(np.cos(x) - y, x, 0.0),
    )


def modified_bessel_k0(input: TensorLike) -> Tensor:
    r"""Modified Bessel function of the second kind and order 0; inf at 0, NaN below.

    :math:`y = K_0(x) = \int_0^\infty e^{-x \cosh t} dt`

    Arguments and result are those of `i0`.

    Examples
    --------
    >>> fastnn.special.modified_bessel_k0(fastnn.tensor([1.0, 2.0]))
    tensor([0.421 , 0.1139])
    """
    return elementwise(
        "modified_bessel_k0",
        input,
        lambda x: np.exp(-x) * scaled_k(0, x),
        lambda x, y: -np.exp(-x) * scaled_k(1, x),
    )


def modified_bessel_k1(input: TensorLike) -> Tensor:
    r"""Modified Bessel function of the second kind and order 1; inf at 0, NaN below.

    :math:`y = K_1(x) = \int_0^\infty e^{-x \cosh t} \cosh t \, dt`

    Arguments and result are those of `i0`.

    Examples
    --------
    >>> fastnn.special.modified_bessel_k1(fastnn.tensor([1.0, 2.0]))
    tensor([0.6019, 0.1399])
    """
    return elementwise(
        "modified_bessel_k1",
        input,
        lambda x: np.exp(-x) * scaled_k(1, x),
        lambda x, y: -np.exp(-x) * scaled_k(0, x) - y / x,
    )


def scaled_modified_bessel_k0(input: TensorLike) -> Tensor:
    r"""Scaled `modified_bessel_k0`: :math:`y = e^x K_0(x)`.

    Arguments and result are those of `i0`.

    Examples
    --------
    >>> fastnn.special.scaled_modified_bessel_k0(fastnn.tensor([1.0, 2.0]))
    tensor([1.1445, 0.8416])
    """
    return elementwise(
        "scaled_modified_bessel_k0",
        input,
        lambda x: scaled_k(0, x),
        lambda x, y: y - scaled_k(1, x),
    )


def scaled_modified_bessel_k1(input: TensorLike) -> Tensor:
    r"""Scaled `modified_bessel_k1`: :math:`y = e^x K_1(x)`.

    Arguments and result are those of `i0`.

    Examples
    --------
    >>> fastnn.special.scaled_modified_bessel_k1(fastnn.tensor([1.0, 2.0]))
    tensor([1.6362, 1.0335])
    """
    return elementwise(
        "scaled_modified_bessel_k1",
        input,
        lambda x: scaled_k(1, x),
        lambda x, y: y - scaled_k(0, x) - y / x,
    )
