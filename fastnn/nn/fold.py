"""Sliding windows to columns (im2col) and back (col2im), as layers."""

from __future__ import annotations

from ..ops.fold import fold, unfold
from ..ops.pool.sizes import Sizes
from ..tensor import Tensor, TensorLike
from .module import Module

__all__ = ["Fold", "Unfold"]


class Windows(Module):
    """Base of both layers: the windows."""

    def __init__(self, kernel_size: Sizes, dilation: Sizes, padding: Sizes, stride: Sizes) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.dilation = dilation
        self.padding = padding
        self.stride = stride


class Unfold(Windows):
    """Copies each window of an image to a column (im2col); see `fastnn.unfold`.

    Parameters
    ----------
    kernel_size, dilation, padding, stride
        Of the windows: an int, or one for each axis.

    Examples
    --------
    >>> fastnn.nn.Unfold((2, 3))(fastnn.randn(2, 5, 3, 4)).shape
    (2, 30, 4)
    """

    _shown = ("kernel_size", "dilation", "padding", "stride")

    def __init__(
        self, kernel_size: Sizes, dilation: Sizes = 1, padding: Sizes = 0, stride: Sizes = 1
    ) -> None:
        super().__init__(kernel_size, dilation, padding, stride)

    def forward(self, input: TensorLike) -> Tensor:
        """(N, C, H, W) to (N, C · K_h · K_w, L)."""
        return unfold(input, self.kernel_size, self.dilation, self.padding, self.stride)


class Fold(Windows):
    """Sums columns into the windows of an image (col2im); see `fastnn.fold`.

    Parameters
    ----------
    output_size
        (H, W) of the image.
    kernel_size, dilation, padding, stride
        Of the windows: an int, or one for each axis.

    Examples
    --------
    >>> fastnn.nn.Fold((4, 5), (2, 2))(fastnn.randn(1, 12, 12)).shape
    (1, 3, 4, 5)
    """

    _shown = ("output_size", "kernel_size", "dilation", "padding", "stride")

    def __init__(
        self,
        output_size: Sizes,
        kernel_size: Sizes,
        dilation: Sizes = 1,
        padding: Sizes = 0,
        stride: Sizes = 1,
    ) -> None:
        super().__init__(kernel_size, dilation, padding, stride)
        self.output_size = output_size

    def forward(self, input: TensorLike) -> Tensor:
        """(N, C · K_h · K_w, L) to (N, C, H, W)."""
        return fold(
            input, self.output_size, self.kernel_size, self.dilation, self.padding, self.stride
        )
