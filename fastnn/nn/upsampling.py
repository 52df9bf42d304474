"""Layers that resize sequences, images and volumes."""

from __future__ import annotations

from ..ops.resample import Scale, Size, interpolate
from ..tensor import Tensor, TensorLike
from .module import Module

__all__ = ["Upsample", "UpsamplingBilinear2d", "UpsamplingNearest2d"]


class Upsample(Module):
    """Resizes the input; see `fastnn.interpolate`.

    Parameters
    ----------
    size
        The size of the output without N and C: an int, or one for each axis.
    scale_factor
        Instead of `size`: how many times larger the output is.
    mode
        ``"nearest"``, ``"linear"``, ``"bilinear"``, ``"bicubic"``, ``"trilinear"`` and so on.
    align_corners
        For the linear and cubic modes: whether the centres of corner pixels coincide.
    recompute_scale_factor
        Whether the scale is recomputed from the two sizes.

    Examples
    --------
    >>> layer = fastnn.nn.Upsample(scale_factor=2, mode="bilinear")
    >>> layer(fastnn.zeros(1, 3, 4, 5)).shape
    (1, 3, 8, 10)
    >>> layer
    Upsample(scale_factor=2.0, mode='bilinear')
    """

    def __init__(
        self,
        size: Size = None,
        scale_factor: Scale = None,
        mode: str = "nearest",
        align_corners: bool | None = None,
        recompute_scale_factor: bool | None = None,
    ) -> None:
        super().__init__()
        self.size = size
        if isinstance(scale_factor, (tuple, list)):
            self.scale_factor: Scale = tuple([float(s) for s in scale_factor])
        else:
            self.scale_factor = float(scale_factor) if scale_factor else None  # type: ignore[arg-type]
        self.mode = mode
        self.align_corners = align_corners
        self.recompute_scale_factor = recompute_scale_factor

    def forward(self, input: TensorLike) -> Tensor:
        """(N, C, ...) to (N, C, ...) of the new size."""
        options = self.mode, self.align_corners, self.recompute_scale_factor
        return interpolate(input, self.size, self.scale_factor, *options)

    def extra_repr(self) -> str:
        """The size or the scale, and the mode."""
        if self.scale_factor is not None:
            return f"scale_factor={self.scale_factor!r}, mode={self.mode!r}"
        return f"size={self.size!r}, mode={self.mode!r}"


class UpsamplingNearest2d(Upsample):
    """Resizes an image by nearest neighbours.

    Parameters
    ----------
    size, scale_factor
        The size of the output, or how many times larger it is.

    Examples
    --------
    >>> fastnn.nn.UpsamplingNearest2d(scale_factor=2)(fastnn.ones(1, 1, 1, 2)).shape
    (1, 1, 2, 4)
    """

    def __init__(self, size: Size = None, scale_factor: Scale = None) -> None:
        super().__init__(size, scale_factor, "nearest")


class UpsamplingBilinear2d(Upsample):
    """Resizes an image by bilinear interpolation with aligned corners.

    Arguments are those of `UpsamplingNearest2d`.

    Examples
    --------
    >>> fastnn.nn.UpsamplingBilinear2d(size=3)(fastnn.tensor([[[[1.0, 3.0]]]])).tolist()
    [[[[1.0, 2.0, 3.0], [1.0, 2.0, 3.0], [1.0, 2.0, 3.0]]]]
    """

    def __init__(self, size: Size = None, scale_factor: Scale = None) -> None:
        super().__init__(size, scale_factor, "bilinear", True)
