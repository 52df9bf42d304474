"""Windows, by which pieces of a signal are faded in and out."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ...tensor import Tensor
from .drawn import draw_type
from .values import leaf, sizes

__all__ = [
    "bartlett_window",
    "blackman_window",
    "hamming_window",
    "hann_window",
    "kaiser_window",
]


def window(
    op: str,
    length: int,
    periodic: bool,
    height: Callable[[Any], Any],
    dtype: Any,
    device: Any,
    requires_grad: bool,
) -> Tensor:
    """The heights at places from -1 to 1; of a period its last place is the next one's first."""
    (count,) = sizes(op, (length,), np.float64)
    type_ = draw_type(op, dtype)
    last = count if periodic else count - 1
    places = 2 * np.arange(count) / last - 1 if count > 1 else np.zeros(count)
    return leaf(op, np.asarray(height(places)).astype(type_), device, requires_grad)


def bartlett_window(
    window_length: int,
    periodic: bool = True,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Bartlett's window: ``w_n = 1 - abs(2 n / M - 1)``.

    Parameters
    ----------
    window_length
        How many values N.
    periodic
        Whether the window is a period, in which M is N; else it is symmetric, and M is N - 1.
    dtype, device, requires_grad
        As for `ones`.

    Examples
    --------
    >>> fastnn.bartlett_window(4)
    tensor([0. , 0.5, 1. , 0.5])
    """
    return window(
        "bartlett_window",
        window_length,
        periodic,
        lambda t: 1 - abs(t),
        dtype,
        device,
        requires_grad,
    )


def cosines(*factors: float) -> Callable[[Any], Any]:
    """The sum of cosines, of which there are k periods for the factor number k."""
    return lambda t: sum(a * np.cos(k * math.pi * t) for k, a in enumerate(factors))


def blackman_window(
    window_length: int,
    periodic: bool = True,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Blackman's window: ``w_n = 0.42 - 0.5 cos(2 pi n / M) + 0.08 cos(4 pi n / M)``.

    Arguments are those of `bartlett_window`.

    Examples
    --------
    >>> fastnn.blackman_window(4).abs().round(decimals=4)
    tensor([0.  , 0.34, 1.  , 0.34])
    """
    height = cosines(0.42, 0.5, 0.08)
    return window("blackman_window", window_length, periodic, height, dtype, device, requires_grad)


def hamming_window(
    window_length: int,
    periodic: bool = True,
    alpha: float = 0.54,
    beta: float = 0.46,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Hamming's window: ``w_n = alpha - beta cos(2 pi n / M)``.

    Other arguments are those of `bartlett_window`.

    Examples
    --------
    >>> fastnn.hamming_window(4)
    tensor([0.08, 0.54, 1.  , 0.54])
    """
    height = cosines(alpha, beta)
    return window("hamming_window", window_length, periodic, height, dtype, device, requires_grad)


def hann_window(
    window_length: int,
    periodic: bool = True,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Hann's window: ``w_n = (1 - cos(2 pi n / M)) / 2``.

    Arguments are those of `bartlett_window`.

    Examples
    --------
    >>> fastnn.hann_window(4)
    tensor([0. , 0.5, 1. , 0.5])
    """
    height = cosines(0.5, 0.5)
    return window("hann_window", window_length, periodic, height, dtype, device, requires_grad)


def kaiser_window(
    window_length: int,
    periodic: bool = True,
    beta: float = 12.0,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Kaiser's window: ``w_n = i0(beta sqrt(1 - (2 n / M - 1)^2)) / i0(beta)``.

    Other arguments are those of `bartlett_window`.

    Examples
    --------
    >>> fastnn.kaiser_window(4, beta=2.0)
    tensor([0.4387, 0.8348, 1.    , 0.8348])
    """

    def height(t: Any) -> Any:
        return np.i0(beta * np.sqrt(np.maximum(1 - t * t, 0))) / np.i0(beta)

    return window("kaiser_window", window_length, periodic, height, dtype, device, requires_grad)
