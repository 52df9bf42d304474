"""The average of each window, as layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from ...ops.pool.average import avg_pool1d, avg_pool2d, avg_pool3d
from ...ops.pool.sizes import Sizes, sizes_of, stride_of
from ...tensor import Tensor, TensorLike
from .windows import WindowPool

__all__ = ["AvgPool1d", "AvgPool2d", "AvgPool3d"]


class AvgPool1d(WindowPool):
    """The average of each window of a sequence; see `fastnn.avg_pool1d`.

    Arguments are those of `AvgPool2d` without `divisor_override`, for (N, C, L) with or without N.

    Examples
    --------
    >>> fastnn.nn.AvgPool1d(2)(fastnn.tensor([[1.0, 3.0, 2.0, 6.0]]))
    tensor([[2., 4.]])
    """

    def __init__(
        self,
        kernel_size: Sizes,
        stride: Sizes | None = None,
        padding: Sizes = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        kernel = sizes_of("AvgPool1d", "kernel_size", kernel_size, 1)
        steps = stride_of("AvgPool1d", stride, kernel)
        super().__init__(kernel, steps, sizes_of("AvgPool1d", "padding", padding, 1), ceil_mode)
        self.count_include_pad = count_include_pad

    def forward(self, input: TensorLike) -> Tensor:
        """(N, C, L) or (C, L) to the averages."""
        windows = self.kernel_size, self.stride, self.padding
        return avg_pool1d(input, *windows, self.ceil_mode, self.count_include_pad)


class AvgPool(WindowPool):
    """Base of the layers for two and three spatial dimensions."""

    _pool: ClassVar[Callable[..., Tensor]]

    def __init__(
        self,
        kernel_size: Sizes,
        stride: Sizes | None = None,
        padding: Sizes = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        super().__init__(kernel_size, stride, padding, ceil_mode)
        self.count_include_pad = count_include_pad
        self.divisor_override = divisor_override

    def forward(self, input: TensorLike) -> Tensor:
        """The averages."""
        windows = self.kernel_size, self.stride, self.padding, self.ceil_mode
        return type(self)._pool(input, *windows, self.count_include_pad, self.divisor_override)


class AvgPool2d(AvgPool):
    """The average of each window of an image; see `fastnn.avg_pool2d`.

    Parameters
    ----------
    kernel_size, stride, padding
        Ints, or one for each axis; the stride is the kernel size by default.
    ceil_mode
        Keep a last window that extends past the end, if it begins inside.
    count_include_pad
        Whether the divisor of a sum counts the zeros of the padding.
    divisor_override
        Divisor of every sum, instead of the size of the window.

    Examples
    --------
    >>> layer = fastnn.nn.AvgPool2d(2)
    >>> layer(fastnn.randn(8, 64, 28, 28)).shape
    (8, 64, 14, 14)
    >>> layer
    AvgPool2d(kernel_size=2, stride=2, padding=0)
    """

    _pool = staticmethod(avg_pool2d)


class AvgPool3d(AvgPool):
    """The average of each window of a volume; see `fastnn.avg_pool3d`.

    Arguments are those of `AvgPool2d`, for (N, C, D, H, W) with or without N.

    Examples
    --------
    >>> fastnn.nn.AvgPool3d(2)(fastnn.randn(2, 3, 8, 8, 8)).shape
    (2, 3, 4, 4, 4)
    """

    _pool = staticmethod(avg_pool3d)
