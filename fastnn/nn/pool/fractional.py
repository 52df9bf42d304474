"""The maximum of windows whose distances are random, as layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from ...ops.pool.fractional import (
    Ratio,
    fractional_max_pool2d,
    fractional_max_pool3d,
    ratios_of,
)
from ...ops.pool.sizes import Sizes, sizes_of
from ...tensor import Tensor, TensorLike
from ..module import Module

__all__ = ["FractionalMaxPool2d", "FractionalMaxPool3d"]


class FractionalMaxPool(Module):
    """Base of the layers for two and three spatial dimensions."""

    _random_samples: Tensor | None
    _pool: ClassVar[Callable[..., Any]]
    axes: ClassVar[int]

    def __init__(
        self,
        kernel_size: Sizes,
        output_size: Sizes | None = None,
        output_ratio: Ratio | None = None,
        return_indices: bool = False,
        _random_samples: Tensor | None = None,
    ) -> None:
        super().__init__()
        op = type(self).__name__
        if (output_size is None) == (output_ratio is None):
            raise ValueError(f"{op}: pass output_size or output_ratio, and not both")
        self.kernel_size = sizes_of(op, "kernel_size", kernel_size, self.axes)
        self.return_indices = return_indices
        self.register_buffer("_random_samples", _random_samples)
        self.output_size = self.output_ratio = None
        if output_size is not None:
            self.output_size = sizes_of(op, "output_size", output_size, self.axes)
        else:
            self.output_ratio = ratios_of(op, output_ratio, self.axes)

    def forward(self, input: TensorLike) -> Any:
        """The maxima; with `return_indices` a tuple of them and their indices."""
        sizes = self.kernel_size, self.output_size, self.output_ratio
        return type(self)._pool(input, *sizes, self.return_indices, self._random_samples)


class FractionalMaxPool2d(FractionalMaxPool):
    """The maximum of each window of an image, of windows whose distances are random.

    Parameters
    ----------
    kernel_size, output_size, output_ratio, return_indices
        Those of `fastnn.nn.functional.fractional_max_pool2d`.
    _random_samples
        The random numbers of every call, a buffer of the layer; drawn anew in each call by default.

    Examples
    --------
    >>> fastnn.nn.FractionalMaxPool2d(3, output_size=(13, 12))(fastnn.randn(20, 16, 50, 32)).shape
    (20, 16, 13, 12)
    """

    _pool = staticmethod(fractional_max_pool2d)
    axes = 2


class FractionalMaxPool3d(FractionalMaxPool):
    """The maximum of each window of a volume, of windows whose distances are random.

    Arguments are those of `FractionalMaxPool2d`, for (N, C, D, H, W) with or without N.

    Examples
    --------
    >>> fastnn.nn.FractionalMaxPool3d(2, output_ratio=0.5)(fastnn.randn(2, 3, 8, 8, 8)).shape
    (2, 3, 4, 4, 4)
    """

    _pool = staticmethod(fractional_max_pool3d)
    axes = 3
