"""Random parts of images."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from ...random import Generator
from ..checks import element_of, pair_of
from .transform import Array, RandomTransform

__all__ = ["RandomCrop", "RandomShift"]

MODES = ("constant", "edge", "reflect", "symmetric")


class RandomCrop(RandomTransform):
    """Cut a part of one size out of each image, at a place of its own.

    Every place is as likely. The part may begin in a margin around the image.

    Parameters
    ----------
    size
        Height and width of the part, or one number for both.
    padding
        Height and width of the margin on each side, or one number for both.
    fill
        What a constant margin is filled with.
    padding_mode
        What the margin has: ``"constant"``, ``"edge"`` (the nearest pixel), ``"reflect"`` (the
        image mirrored at its outermost pixels) or ``"symmetric"`` (mirrored at its edge).
    channels_last
        Whether images are (N, H, W, C) instead of (N, C, H, W).
    generator
        Random number generator, or a seed for one; by default that of `fastnn.manual_seed`.

    Raises
    ------
    ValueError
        If an argument is out of its range, `x` is no batch of images, or these are smaller than
        the part.

    Examples
    --------
    >>> crop = fastnn.data.transforms.RandomCrop(32, padding=4)
    >>> crop(fastnn.ones(8, 3, 32, 32)).shape
    (8, 3, 32, 32)
    """

    def __init__(
        self,
        size: int | tuple[int, int],
        padding: int | tuple[int, int] = 0,
        fill: float = 0,
        padding_mode: str = "constant",
        channels_last: bool = False,
        generator: Generator | int | None = None,
    ) -> None:
        super().__init__(generator, channels_last)
        op = type(self).__name__
        self.size, self.padding = pair_of(op, "size", size, 1), pair_of(op, "padding", padding, 0)
        if not isinstance(padding_mode, str) or padding_mode not in MODES:
            raise ValueError(
                f"{op}: padding_mode must be one of {', '.join(MODES)}, got {padding_mode!r}"
            )
        self.fill, self.padding_mode = fill, padding_mode

    def apply(self, x: Array) -> Array:
        """A part of each image."""
        return self.parts(x, self.size)

    def parts(self, x: Array, size: tuple[int, int]) -> Array:
        """A part of this size of each image."""
        op = type(self).__name__
        images = self.images_of(x)
        fill = element_of(op, "fill", self.fill, x.dtype)
        if any(n + 2 * p < s for n, p, s in zip(images, self.padding, size)) or not min(images):
            raise ValueError(
                f"{op}: images of {images[0]} × {images[1]} pixels with margins of "
                f"{self.padding} have no part of {size[0]} × {size[1]}"
            )
        margins = [(0, 0), (0, 0), *[(p, p) for p in self.padding]]
        options = {"constant_values": fill} if self.padding_mode == "constant" else {}
        if self.channels_last:
            margins.append(margins.pop(0))
        if any(self.padding):
            x = np.pad(x, margins, self.padding_mode, **options)  # type: ignore[call-overload]
        top, left = (
            self.draw.integers(0, n + 2 * p - s + 1, len(x))
            for n, p, s in zip(images, self.padding, size)
        )
        samples = np.arange(len(x))
        if self.channels_last:
            windows = sliding_window_view(x, size, (1, 2)).transpose(0, 1, 2, 4, 5, 3)
            out: Array = windows[samples, top, left]
        else:
            out = sliding_window_view(x, size, (2, 3))[samples, :, top, left]
        return out


class RandomShift(RandomCrop):
    """Move each image by whole pixels, a random number of them in either direction.

    Parameters
    ----------
    size
        The largest shift, in height and width, or one number for both.
    fill, padding_mode
        What comes in at the edge, as for the margin of `RandomCrop`.
    channels_last, generator
        As for `RandomCrop`.

    Raises
    ------
    ValueError
        If an argument is out of its range, or `x` is no batch of images.

    Examples
    --------
    >>> shift = fastnn.data.transforms.RandomShift((0, 1), padding_mode="edge", generator=1)
    >>> moved = shift(np.full((9, 1, 1, 3), [1, 2, 3]))
    >>> np.unique(moved[:, 0, 0], axis=0)
    array([[1, 1, 2],
           [1, 2, 3],
           [2, 3, 3]])
    """

    def __init__(
        self,
        size: int | tuple[int, int],
        fill: float = 0,
        padding_mode: str = "constant",
        channels_last: bool = False,
        generator: Generator | int | None = None,
    ) -> None:
        pixels = pair_of("RandomShift", "size", size, 0)
        super().__init__(1, pixels, fill, padding_mode, channels_last, generator)

    def apply(self, x: Array) -> Array:
        """The moved images."""
        return self.parts(x, self.images_of(x))
