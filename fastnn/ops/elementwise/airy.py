r"""Airy's function.

.. math::
    \operatorname{Ai}(x) = \frac{1}{\pi} \sqrt{\frac{x}{3}} \, K_{1/3}(\zeta)
    = \frac{1}{\pi} \int_0^\infty e^{-t^3 / 3 - x t / 2} \cos(\tfrac{\sqrt 3}{2} x t +
    \tfrac{\pi}{6}) dt, \qquad \zeta = \tfrac23 |x|^{3/2}

The first is for positive x, the second, on a path along which nothing oscillates fast, for x down
to -9, and below that the asymptotic expansion. Computed with NumPy in float64, on one thread.
"""

from __future__ import annotations

import math

import numpy as np

from ...autograd.record import Array
from ...tensor import Tensor, TensorLike
from .bessel import elementwise, expansion, scaled_k

__all__: list[str] = []  # a part of fastnn.special

FAR = 9.0
# The rule of `quadrature` with a finer step, for a cosine that turns up to seven times.
STEP = 1 / 48
GRID = np.arange(-4.0, 2.5, STEP)
NODES = np.exp(GRID - np.exp(-GRID))
WEIGHTS = STEP * NODES * (1 + np.exp(-GRID))
U = [1.0]
for _k in range(36):
    U.append(U[-1] * (6 * _k + 5) * (6 * _k + 3) * (6 * _k + 1) / (216 * (_k + 1) * (2 * _k + 1)))
V = [-u * (6 * k + 1) / (6 * k - 1) for k, u in enumerate(U)]


def airy_ai(input: TensorLike) -> Tensor:
    r"""Airy's function, the solution of :math:`y'' = x y` that falls for large x.

    Of negative arguments to about 1e-12, of positive ones to that part of the result.

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
    >>> fastnn.special.airy_ai(fastnn.tensor([-1.0, 0.0, 1.0]))
    tensor([0.5356, 0.355 , 0.1353])
    """
    return elementwise("airy_ai", input, lambda x: airy(x, False), lambda x, y: airy(x, True))


def airy(x: Array, slope: bool) -> Array:
    """Ai, or its derivative."""
    with np.errstate(all="ignore"):
        below = np.where(x < -FAR, far(np.maximum(-x, FAR), slope), near(x.clip(-FAR, 0), slope))
        above = falling(np.maximum(x, 0), slope)
        return np.asarray(np.where(x < 0, below, np.where(x == 0, near(x * 0, slope), above)))


def falling(x: Array, slope: bool) -> Array:
    """For positive x: the derivative has K of the order 2/3."""
    zeta = 2 / 3 * x * np.sqrt(x)
    if slope:
        return np.asarray(-x / (math.pi * math.sqrt(3)) * np.exp(-zeta) * scaled_k(2 / 3, zeta))
    return np.asarray(np.sqrt(x / 3) / math.pi * np.exp(-zeta) * scaled_k(1 / 3, zeta))


def near(x: Array, slope: bool) -> Array:
    """By the quadrature; a derivative by x is a factor i w of the integrand."""
    total = np.zeros(x.shape)
    angle, height = (5 / 6 * math.pi, 2) if slope else (math.pi / 6, 1)
    for t, weight in zip(NODES, WEIGHTS):
        size = weight * t ** (height - 1) * np.exp(-(t**3) / 3 - x * t / 2)
        total += size * np.cos(math.sqrt(3) / 2 * x * t + angle)
    return total / math.pi


def far(z: Array, slope: bool) -> Array:
    """For x = -z."""
    zeta = 2 / 3 * z * np.sqrt(z)
    c = V if slope else U
    even = expansion([v * (-1) ** k for k, v in enumerate(c[::2])], zeta * zeta)
    odd = expansion([v * (-1) ** k for k, v in enumerate(c[1::2])], zeta * zeta) / zeta
    s, t = np.sin(zeta + math.pi / 4), np.cos(zeta + math.pi / 4)
    root = np.sqrt(np.sqrt(z))
    if slope:
        return np.asarray(-(t * even + s * odd) * root / math.sqrt(math.pi))
    return np.asarray((s * even - t * odd) / (root * math.sqrt(math.pi)))
