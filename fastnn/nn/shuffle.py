"""Pixel shuffle and channel shuffle as layers."""

from __future__ import annotations

from ..ops.shuffle import channel_shuffle, pixel_shuffle, pixel_unshuffle
from ..tensor import Tensor, TensorLike
from .module import Module

__all__ = ["ChannelShuffle", "PixelShuffle", "PixelUnshuffle"]


class PixelShuffle(Module):
    """Rearranges r² channels to r × r pixels; see `fastnn.pixel_shuffle`.

    Parameters
    ----------
    upscale_factor
        r.

    Examples
    --------
    >>> fastnn.nn.PixelShuffle(3)(fastnn.randn(1, 9, 4, 4)).shape
    (1, 1, 12, 12)
    """

    _shown = ("upscale_factor",)

    def __init__(self, upscale_factor: int) -> None:
        super().__init__()
        self.upscale_factor = upscale_factor

    def forward(self, input: TensorLike) -> Tensor:
        """(*, C · r², H, W) to (*, C, H · r, W · r)."""
        return pixel_shuffle(input, self.upscale_factor)


class PixelUnshuffle(Module):
    """Rearranges r × r pixels to r² channels; see `fastnn.pixel_unshuffle`.

    Parameters
    ----------
    downscale_factor
        r.

    Examples
    --------
    >>> fastnn.nn.PixelUnshuffle(3)(fastnn.randn(1, 1, 12, 12)).shape
    (1, 9, 4, 4)
    """

    _shown = ("downscale_factor",)

    def __init__(self, downscale_factor: int) -> None:
        super().__init__()
        self.downscale_factor = downscale_factor

    def forward(self, input: TensorLike) -> Tensor:
        """(*, C, H · r, W · r) to (*, C · r², H, W)."""
        return pixel_unshuffle(input, self.downscale_factor)


class ChannelShuffle(Module):
    """Interleaves the channels of g groups; see `fastnn.channel_shuffle`.

    Parameters
    ----------
    groups
        g, a divisor of the number of channels.

    Examples
    --------
    >>> fastnn.nn.ChannelShuffle(2)(fastnn.randn(1, 4, 2, 2)).shape
    (1, 4, 2, 2)
    """

    _shown = ("groups",)

    def __init__(self, groups: int) -> None:
        super().__init__()
        self.groups = groups

    def forward(self, input: TensorLike) -> Tensor:
        """(N, C, *) to the same shape."""
        return channel_shuffle(input, self.groups)
