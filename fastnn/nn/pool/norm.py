"""Power-average pooling: the p-norm of each window, as layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from ...ops.pool.norm import lp_pool1d, lp_pool2d, lp_pool3d
from ...ops.pool.sizes import Sizes
from ...tensor import Tensor, TensorLike
from ..module import Module

__all__ = ["LPPool1d", "LPPool2d", "LPPool3d"]


class LPPool(Module):
    """Base of the layers for one, two and three spatial dimensions."""

    _shown = ("norm_type", "kernel_size", "stride", "ceil_mode")

    _pool: ClassVar[Callable[..., Tensor]]

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
        return type(self)._pool(
            input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode
        )


class LPPool1d(LPPool):
    """The p-norm of each window of a sequence; see `fastnn.lp_pool1d`.

    Arguments are those of `LPPool2d`, for (N, C, L) with or without N.

    Examples
    --------
    >>> fastnn.nn.LPPool1d(2, 2)(fastnn.tensor([[3.0, 4.0, 6.0, 8.0]]))
    tensor([[ 5., 10.]])
    """

    _pool = staticmethod(lp_pool1d)


class LPPool2d(LPPool):
    """The p-norm of each window of an image; see `fastnn.lp_pool2d`.

    Parameters
    ----------
    norm_type
        p.
    kernel_size, stride
        Ints, or one for each axis; the stride is the kernel size by default.
    ceil_mode
        Keep a last window that extends past the end.

    Examples
    --------
    >>> fastnn.nn.LPPool2d(2, 3, stride=2)(fastnn.randn(20, 16, 50, 32)).shape
    (20, 16, 24, 15)
    """

    _pool = staticmethod(lp_pool2d)


class LPPool3d(LPPool):
    """The p-norm of each window of a volume; see `fastnn.lp_pool3d`.

    Arguments are those of `LPPool2d`, for (N, C, D, H, W) with or without N.

    Examples
    --------
    >>> fastnn.nn.LPPool3d(2, 2)(fastnn.randn(2, 3, 8, 8, 8)).shape
    (2, 3, 4, 4, 4)
    """

    _pool = staticmethod(lp_pool3d)
