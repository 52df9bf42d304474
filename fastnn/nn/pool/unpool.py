"""Max unpooling as layers: maxima are written back to their positions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from ...ops.pool.sizes import Sizes, sizes_of, stride_of
from ...ops.pool.unpool import max_unpool1d, max_unpool2d, max_unpool3d
from ...tensor import Tensor, TensorLike
from ..module import Module

__all__ = ["MaxUnpool1d", "MaxUnpool2d", "MaxUnpool3d"]


class MaxUnpool(Module):
    """Base of the layers for one, two and three spatial dimensions."""

    _shown = ("kernel_size", "stride", "padding")

    _pool: ClassVar[Callable[..., Tensor]]
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
        """The inputs at the positions `indices`, zeros elsewhere."""
        return type(self)._pool(
            input, indices, self.kernel_size, self.stride, self.padding, output_size
        )


class MaxUnpool1d(MaxUnpool):
    """Writes maxima back to their positions in a sequence; see `fastnn.max_unpool1d`.

    Arguments are those of `MaxUnpool2d`, for (N, C, L) with or without N.

    Examples
    --------
    >>> pool = fastnn.nn.MaxPool1d(2, return_indices=True)
    >>> y, indices = pool(fastnn.tensor([[1.0, 3.0, 5.0, 4.0]]))
    >>> fastnn.nn.MaxUnpool1d(2)(y, indices)
    tensor([[0., 3., 5., 0.]])
    """

    _pool = staticmethod(max_unpool1d)
    axes = 1


class MaxUnpool2d(MaxUnpool):
    """Writes maxima back to their positions in an image; see `fastnn.max_unpool2d`.

    Parameters
    ----------
    kernel_size, stride, padding
        Those of the `MaxPool2d` that found the maxima.

    Examples
    --------
    >>> y, indices = fastnn.nn.MaxPool2d(2, return_indices=True)(fastnn.randn(2, 3, 6, 6))
    >>> fastnn.nn.MaxUnpool2d(2)(y, indices).shape
    (2, 3, 6, 6)
    """

    _pool = staticmethod(max_unpool2d)
    axes = 2


class MaxUnpool3d(MaxUnpool):
    """Writes maxima back to their positions in a volume; see `fastnn.max_unpool3d`.

    Arguments are those of `MaxUnpool2d`, for (N, C, D, H, W) with or without N.

    Examples
    --------
    >>> y, indices = fastnn.nn.MaxPool3d(2, return_indices=True)(fastnn.randn(2, 3, 6, 6, 6))
    >>> fastnn.nn.MaxUnpool3d(2)(y, indices).shape
    (2, 3, 6, 6, 6)
    """

    _pool = staticmethod(max_unpool3d)
    axes = 3
