"""Adaptive pooling layers, which take the size of the output."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from ...ops.pool.adaptive import (
    OutputSize,
    adaptive_avg_pool1d,
    adaptive_avg_pool2d,
    adaptive_avg_pool3d,
    adaptive_max_pool1d,
    adaptive_max_pool2d,
    adaptive_max_pool3d,
)
from ...tensor import Tensor, TensorLike
from ..module import Module

__all__ = [
    "AdaptiveAvgPool1d",
    "AdaptiveAvgPool2d",
    "AdaptiveAvgPool3d",
    "AdaptiveMaxPool1d",
    "AdaptiveMaxPool2d",
    "AdaptiveMaxPool3d",
]


class AdaptiveAvgPool(Module):
    """Base of the layers for one, two and three spatial dimensions."""

    _shown = ("output_size",)

    _pool: ClassVar[Callable[..., Tensor]]

    def __init__(self, output_size: OutputSize) -> None:
        super().__init__()
        self.output_size = output_size

    def forward(self, input: TensorLike) -> Tensor:
        """The averages."""
        return type(self)._pool(input, self.output_size)


class AdaptiveAvgPool1d(AdaptiveAvgPool):
    """Averages a sequence over `output_size` windows; see `fastnn.adaptive_avg_pool1d`.

    Arguments are those of `AdaptiveAvgPool2d`, for (N, C, L) with or without N.

    Examples
    --------
    >>> fastnn.nn.AdaptiveAvgPool1d(5)(fastnn.randn(1, 64, 8)).shape
    (1, 64, 5)
    """

    _pool = staticmethod(adaptive_avg_pool1d)


class AdaptiveAvgPool2d(AdaptiveAvgPool):
    """Averages an image over `output_size` windows; see `fastnn.adaptive_avg_pool2d`.

    Parameters
    ----------
    output_size
        Number of windows: an int, or one for each axis; None for the size of the input.

    Examples
    --------
    >>> layer = fastnn.nn.AdaptiveAvgPool2d((1, 1))
    >>> layer(fastnn.randn(8, 512, 7, 7)).shape
    (8, 512, 1, 1)
    >>> layer
    AdaptiveAvgPool2d(output_size=(1, 1))
    """

    _pool = staticmethod(adaptive_avg_pool2d)


class AdaptiveAvgPool3d(AdaptiveAvgPool):
    """Averages a volume over `output_size` windows; see `fastnn.adaptive_avg_pool3d`.

    Arguments are those of `AdaptiveAvgPool2d`, for (N, C, D, H, W) with or without N.

    Examples
    --------
    >>> fastnn.nn.AdaptiveAvgPool3d(2)(fastnn.randn(2, 3, 8, 9, 10)).shape
    (2, 3, 2, 2, 2)
    """

    _pool = staticmethod(adaptive_avg_pool3d)


class AdaptiveMaxPool(Module):
    """Base of the layers for one, two and three spatial dimensions."""

    _shown = ("output_size",)

    _pool: ClassVar[Callable[..., Any]]

    def __init__(self, output_size: OutputSize, return_indices: bool = False) -> None:
        super().__init__()
        self.output_size = output_size
        self.return_indices = return_indices

    def forward(self, input: TensorLike) -> Any:
        """The maxima; with `return_indices` a tuple of them and their indices."""
        return type(self)._pool(input, self.output_size, self.return_indices)


class AdaptiveMaxPool1d(AdaptiveMaxPool):
    """The maxima of `output_size` windows of a sequence; see `fastnn.adaptive_max_pool1d`.

    Arguments are those of `AdaptiveMaxPool2d`, for (N, C, L) with or without N.

    Examples
    --------
    >>> fastnn.nn.AdaptiveMaxPool1d(5)(fastnn.randn(1, 64, 8)).shape
    (1, 64, 5)
    """

    _pool = staticmethod(adaptive_max_pool1d)


class AdaptiveMaxPool2d(AdaptiveMaxPool):
    """The maxima of `output_size` windows of an image; see `fastnn.adaptive_max_pool2d`.

    Parameters
    ----------
    output_size
        Number of windows: an int, or one for each axis; None for the size of the input.
    return_indices
        Whether to also return the positions of the maxima.

    Examples
    --------
    >>> fastnn.nn.AdaptiveMaxPool2d((5, None))(fastnn.randn(1, 64, 8, 9)).shape
    (1, 64, 5, 9)
    """

    _pool = staticmethod(adaptive_max_pool2d)


class AdaptiveMaxPool3d(AdaptiveMaxPool):
    """The maxima of `output_size` windows of a volume; see `fastnn.adaptive_max_pool3d`.

    Arguments are those of `AdaptiveMaxPool2d`, for (N, C, D, H, W) with or without N.

    Examples
    --------
    >>> fastnn.nn.AdaptiveMaxPool3d(2)(fastnn.randn(2, 3, 8, 9, 10)).shape
    (2, 3, 2, 2, 2)
    """

    _pool = staticmethod(adaptive_max_pool3d)
