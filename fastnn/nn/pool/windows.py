"""Pooling layers: the maximum, the average or a norm of each window, and maxima put back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from ...ops.pool import (
    avg_pool1d,
    avg_pool2d,
    avg_pool3d,
    lp_pool1d,
    lp_pool2d,
    lp_pool3d,
    max_pool1d,
    max_pool2d,
    max_pool3d,
    max_unpool1d,
    max_unpool2d,
    max_unpool3d,
)
from ...ops.pool.sizes import Sizes, sizes_of, stride_of
from ...tensor import Tensor, TensorLike
from ..module import Module

__all__ = [
    "AvgPool1d",
    "AvgPool2d",
    "AvgPool3d",
    "LPPool1d",
    "LPPool2d",
    "LPPool3d",
    "MaxPool1d",
    "MaxPool2d",
    "MaxPool3d",
    "MaxUnpool1d",
    "MaxUnpool2d",
    "MaxUnpool3d",
]


class MaxPool(Module):
    """What the layers for one, two and three axes share."""

    pool: ClassVar[Callable[..., Any]]

    def __init__(
        self,
        kernel_size: Sizes,
        stride: Sizes | None = None,
        padding: Sizes = 0,
        dilation: Sizes = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.dilation = dilation
        self.return_indices = return_indices
        self.ceil_mode = ceil_mode

    def forward(self, input: TensorLike) -> Any:
        """The maxima; with `return_indices` a tuple of them and their indices."""
        return type(self).pool(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.dilation,
            self.ceil_mode,
            self.return_indices,
        )

    def extra_repr(self) -> str:
        """The arguments."""
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, "
            f"dilation={self.dilation}, ceil_mode={self.ceil_mode}"
        )


class MaxPool1d(MaxPool):
    """The maximum of each window of a line; see `fastnn.max_pool1d`.

    Parameters
    ----------
    kernel_size, stride, padding, dilation
        Ints, or one for each axis; the stride is the kernel's size by default.
    return_indices
        Return also where the maxima were found, for `MaxUnpool1d`.
    ceil_mode
        Keep a last window that does not fit, as long as it begins inside.

    Examples
    --------
    >>> import fastnn
    >>> fastnn.nn.MaxPool1d(3, stride=2)(fastnn.randn(20, 16, 51)).shape
    (20, 16, 25)
    """

    pool = staticmethod(max_pool1d)


class MaxPool2d(MaxPool):
    """The maximum of each window of an image; see `fastnn.max_pool2d`.

    Parameters
    ----------
    kernel_size, stride, padding, dilation
        Ints, or one for each axis; the stride is the kernel's size by default.
    return_indices
        Return also where the maxima were found, for `MaxUnpool2d`.
    ceil_mode
        Keep a last window that does not fit, as long as it begins inside.

    Examples
    --------
    >>> import fastnn
    >>> layer = fastnn.nn.MaxPool2d(3, stride=2, padding=1)
    >>> layer(fastnn.randn(8, 64, 112, 112)).shape
    (8, 64, 56, 56)
    >>> layer
    MaxPool2d(kernel_size=3, stride=2, padding=1, dilation=1, ceil_mode=False)
    """

    pool = staticmethod(max_pool2d)


class MaxPool3d(MaxPool):
    """The maximum of each window of a volume; see `fastnn.max_pool3d`.

    Parameters
    ----------
    kernel_size, stride, padding, dilation
        Ints, or one for each axis; the stride is the kernel's size by default.
    return_indices
        Return also where the maxima were found, for `MaxUnpool3d`.
    ceil_mode
        Keep a last window that does not fit, as long as it begins inside.

    Examples
    --------
    >>> import fastnn
    >>> fastnn.nn.MaxPool3d(2)(fastnn.randn(2, 3, 8, 8, 8)).shape
    (2, 3, 4, 4, 4)
    """

    pool = staticmethod(max_pool3d)


class AvgPool1d(Module):
    """The average of each window of a line; see `fastnn.avg_pool1d`.

    Parameters
    ----------
    kernel_size, stride, padding
        Ints, or one for each axis; the stride is the kernel's size by default.
    ceil_mode
        Keep a last window that does not fit, as long as it begins inside.
    count_include_pad
        Whether zeros of the padding count in the number that a sum is divided by.

    Examples
    --------
    >>> import fastnn
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
        super().__init__()
        self.kernel_size = sizes_of("AvgPool1d", "kernel_size", kernel_size, 1)
        self.stride = stride_of("AvgPool1d", stride, self.kernel_size)
        self.padding = sizes_of("AvgPool1d", "padding", padding, 1)
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad

    def forward(self, input: TensorLike) -> Tensor:
        """(N, C, L) or (C, L) to the averages."""
        return avg_pool1d(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.ceil_mode,
            self.count_include_pad,
        )

    def extra_repr(self) -> str:
        """The arguments."""
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool(Module):
    """What the layers for two and three axes share."""

    pool: ClassVar[Callable[..., Tensor]]

    def __init__(
        self,
        kernel_size: Sizes,
        stride: Sizes | None = None,
        padding: Sizes = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad
        self.divisor_override = divisor_override

    def forward(self, input: TensorLike) -> Tensor:
        """The averages."""
        return type(self).pool(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.ceil_mode,
            self.count_include_pad,
            self.divisor_override,
        )

    def extra_repr(self) -> str:
        """The arguments."""
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool2d(AvgPool):
    """The average of each window of an image; see `fastnn.avg_pool2d`.

    Parameters
    ----------
    kernel_size, stride, padding
        Ints, or one for each axis; the stride is the kernel's size by default.
    ceil_mode
        Keep a last window that does not fit, as long as it begins inside.
    count_include_pad
        Whether zeros of the padding count in the number that a sum is divided by.
    divisor_override
        What sums are divided by, instead of the size of the window.

    Examples
    --------
    >>> import fastnn
    >>> layer = fastnn.nn.AvgPool2d(2)
    >>> layer(fastnn.randn(8, 64, 28, 28)).shape
    (8, 64, 14, 14)
    >>> layer
    AvgPool2d(kernel_size=2, stride=2, padding=0)
    """

    pool = staticmethod(avg_pool2d)


class AvgPool3d(AvgPool):
    """The average of each window of a volume; see `fastnn.avg_pool3d`.

    Parameters
    ----------
    kernel_size, stride, padding
        Ints, or one for each axis; the stride is the kernel's size by default.
    ceil_mode
        Keep a last window that does not fit, as long as it begins inside.
    count_include_pad
        Whether zeros of the padding count in the number that a sum is divided by.
    divisor_override
        What sums are divided by, instead of the size of the window.

    Examples
    --------
    >>> import fastnn
    >>> fastnn.nn.AvgPool3d(2)(fastnn.randn(2, 3, 8, 8, 8)).shape
    (2, 3, 4, 4, 4)
    """

    pool = staticmethod(avg_pool3d)


class LPPool(Module):
    """What the layers for one, two and three axes share."""

    pool: ClassVar[Callable[..., Tensor]]

    def __init__(
        self,
        norm_type: float,
        kernel_size: Sizes,
        stride: Sizes | None = None,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        self.norm_type = norm_type
        self.kernel_size = kernel_size
        self.stride = stride
        self.ceil_mode = ceil_mode

    def forward(self, input: TensorLike) -> Tensor:
        """The norms."""
        return type(self).pool(
            input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode
        )

    def extra_repr(self) -> str:
        """The arguments."""
        return (
            f"norm_type={self.norm_type}, kernel_size={self.kernel_size}, "
            f"stride={self.stride}, ceil_mode={self.ceil_mode}"
        )


class LPPool1d(LPPool):
    """The p-norm of each window of a line; see `fastnn.lp_pool1d`.

    Parameters
    ----------
    norm_type
        p.
    kernel_size, stride
        Ints, or one for each axis; the stride is the kernel's size by default.
    ceil_mode
        Keep a last window that does not fit.

    Examples
    --------
    >>> import fastnn
    >>> fastnn.nn.LPPool1d(2, 2)(fastnn.tensor([[3.0, 4.0, 6.0, 8.0]]))
    tensor([[ 5., 10.]])
    """

    pool = staticmethod(lp_pool1d)


class LPPool2d(LPPool):
    """The p-norm of each window of an image; see `fastnn.lp_pool2d`.

    Parameters
    ----------
    norm_type
        p.
    kernel_size, stride
        Ints, or one for each axis; the stride is the kernel's size by default.
    ceil_mode
        Keep a last window that does not fit.

    Examples
    --------
    >>> import fastnn
    >>> fastnn.nn.LPPool2d(2, 3, stride=2)(fastnn.randn(20, 16, 50, 32)).shape
    (20, 16, 24, 15)
    """

    pool = staticmethod(lp_pool2d)


class LPPool3d(LPPool):
    """The p-norm of each window of a volume; see `fastnn.lp_pool3d`.

    Parameters
    ----------
    norm_type
        p.
    kernel_size, stride
        Ints, or one for each axis; the stride is the kernel's size by default.
    ceil_mode
        Keep a last window that does not fit.

    Examples
    --------
    >>> import fastnn
    >>> fastnn.nn.LPPool3d(2, 2)(fastnn.randn(2, 3, 8, 8, 8)).shape
    (2, 3, 4, 4, 4)
    """

    pool = staticmethod(lp_pool3d)


class MaxUnpool(Module):
    """What the layers for one, two and three axes share."""

    pool: ClassVar[Callable[..., Tensor]]
    axes: ClassVar[int]

    def __init__(self, kernel_size: Sizes, stride: Sizes | None = None, padding: Sizes = 0) -> None:
        super().__init__()
        op = type(self).__name__
        self.kernel_size = sizes_of(op, "kernel_size", kernel_size, self.axes)
        self.stride = stride_of(op, stride, self.kernel_size)
        self.padding = sizes_of(op, "padding", padding, self.axes)

    def forward(
        self, input: TensorLike, indices: TensorLike, output_size: Sequence[int] | None = None
    ) -> Tensor:
        """The numbers where `indices` say, zeros elsewhere."""
        return type(self).pool(
            input, indices, self.kernel_size, self.stride, self.padding, output_size
        )

    def extra_repr(self) -> str:
        """The arguments."""
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class MaxUnpool1d(MaxUnpool):
    """Maxima put back on a line; see `fastnn.max_unpool1d`.

    Parameters
    ----------
    kernel_size, stride, padding
        As of the `MaxPool1d` that found them.

    Examples
    --------
    >>> import fastnn
    >>> pool = fastnn.nn.MaxPool1d(2, return_indices=True)
    >>> y, indices = pool(fastnn.tensor([[1.0, 3.0, 5.0, 4.0]]))
    >>> fastnn.nn.MaxUnpool1d(2)(y, indices)
    tensor([[0., 3., 5., 0.]])
    """

    pool = staticmethod(max_unpool1d)
    axes = 1


class MaxUnpool2d(MaxUnpool):
    """Maxima put back into an image; see `fastnn.max_unpool2d`.

    Parameters
    ----------
    kernel_size, stride, padding
        As of the `MaxPool2d` that found them.

    Examples
    --------
    >>> import fastnn
    >>> y, indices = fastnn.nn.MaxPool2d(2, return_indices=True)(fastnn.randn(2, 3, 6, 6))
    >>> fastnn.nn.MaxUnpool2d(2)(y, indices).shape
    (2, 3, 6, 6)
    """

    pool = staticmethod(max_unpool2d)
    axes = 2


class MaxUnpool3d(MaxUnpool):
    """Maxima put back into a volume; see `fastnn.max_unpool3d`.

    Parameters
    ----------
    kernel_size, stride, padding
        As of the `MaxPool3d` that found them.

    Examples
    --------
    >>> import fastnn
    >>> y, indices = fastnn.nn.MaxPool3d(2, return_indices=True)(fastnn.randn(2, 3, 6, 6, 6))
    >>> fastnn.nn.MaxUnpool3d(2)(y, indices).shape
    (2, 3, 6, 6, 6)
    """

    pool = staticmethod(max_unpool3d)
    axes = 3
