"""The maximum of each window, as layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from ...ops.pool.max import max_pool1d, max_pool2d, max_pool3d
from ...ops.pool.sizes import Sizes
from ...tensor import TensorLike
from .windows import WindowPool

__all__ = ["MaxPool1d", "MaxPool2d", "MaxPool3d"]


class MaxPool(WindowPool):
    """Base of the layers for one, two and three spatial dimensions."""

    _shown = ("kernel_size", "stride", "padding", "dilation", "ceil_mode")

    _pool: ClassVar[Callable[..., Any]]

    def __init__(
        self,
        kernel_size: Sizes,
        stride: Sizes | None = None,
        padding: Sizes = 0,
        dilation: Sizes = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__(kernel_size, stride, padding, ceil_mode)
        self.dilation = dilation
        self.return_indices = return_indices

    def forward(self, input: TensorLike) -> Any:
        """The maxima; with `return_indices` a tuple of them and their indices."""
        windows = self.kernel_size, self.stride, self.padding, self.dilation
        return type(self)._pool(input, *windows, self.ceil_mode, self.return_indices)


class MaxPool1d(MaxPool):
    """The maximum of each window of a sequence; see `fastnn.max_pool1d`.

    Arguments are those of `MaxPool2d`, for (N, C, L) with or without N.

    Examples
    --------
    >>> fastnn.nn.MaxPool1d(3, stride=2)(fastnn.randn(20, 16, 51)).shape
    (20, 16, 25)
    """

    _pool = staticmethod(max_pool1d)


class MaxPool2d(MaxPool):
    """The maximum of each window of an image; see `fastnn.max_pool2d`.

    Parameters
    ----------
    kernel_size, stride, padding, dilation
        Ints, or one for each axis; the stride is the kernel size by default.
    return_indices
        Whether to also return the positions of the maxima, for `MaxUnpool2d`.
    ceil_mode
        Keep a last window that extends past the end, if it begins inside.

    Examples
    --------
    >>> layer = fastnn.nn.MaxPool2d(3, stride=2, padding=1)
    >>> layer(fastnn.randn(8, 64, 112, 112)).shape
    (8, 64, 56, 56)
    >>> layer
    MaxPool2d(kernel_size=3, stride=2, padding=1, dilation=1, ceil_mode=False)
    """

    _pool = staticmethod(max_pool2d)


class MaxPool3d(MaxPool):
    """The maximum of each window of a volume; see `fastnn.max_pool3d`.

    Arguments are those of `MaxPool2d`, for (N, C, D, H, W) with or without N.

    Examples
    --------
    >>> fastnn.nn.MaxPool3d(2)(fastnn.randn(2, 3, 8, 8, 8)).shape
    (2, 3, 4, 4, 4)
    """

    _pool = staticmethod(max_pool3d)
