"""Squares that are left out."""

from __future__ import annotations

import numpy as np

from ...random import Generator
from ..checks import check_real, element_of, pair_of
from .transform import Array, RandomTransform

__all__ = ["Cutout"]


class Cutout(RandomTransform):
    """Fill a rectangle of each image, whose centre is any pixel; what lies outside is cut off.

    Parameters
    ----------
    size
        Height and width of the rectangle, or one number for both.
    p
        The probability for each image.
    fill
        What it is filled with.
    channels_last
        Whether images are (N, H, W, C) instead of (N, C, H, W).
    generator
        Random number generator, or a seed for one; by default that of `fastnn.manual_seed`.

    Raises
    ------
    ValueError
        If an argument is out of its range, `x` is no batch of images, or its type does not have
        `fill`.

    Notes
    -----
    From T. DeVries and G. W. Taylor, Improved regularization of convolutional neural networks with
    cutout (2017).

    Examples
    --------
    >>> cutout = fastnn.data.transforms.Cutout((3, 1), generator=0)
    >>> int(cutout(np.ones((1, 1, 3, 4), np.uint8)).sum())
    10
    """

    def __init__(
        self,
        size: int | tuple[int, int],
        p: float = 1.0,
        fill: float = 0,
        channels_last: bool = False,
        generator: Generator | int | None = None,
    ) -> None:
        super().__init__(generator, channels_last)
        self.size = pair_of("Cutout", "size", size, 1)
        self.p = check_real("Cutout", "p", p, 0, 1)
        self.fill = fill

    def apply(self, x: Array) -> Array:
        """The images, each with a rectangle that is filled."""
        images = self.images_of(x)
        fill = element_of("Cutout", "fill", self.fill, x.dtype)
        out: Array = x.copy()
        if not out.size:
            return out
        inside = []
        for n, size in zip(images, self.size):
            size = min(size, 2 * n + 2)  # which covers the image from any centre
            begin = self.draw.integers(0, n, (len(x), 1)) - size // 2
            position = np.arange(n)
            inside.append((begin <= position) & (position < begin + size))
        chosen = self.draw.random((len(x), 1, 1)) < self.p
        mask = inside[0][:, :, None] & inside[1][:, None, :] & chosen
        np.copyto(out, fill, where=mask[..., None] if self.channels_last else mask[:, None])
        return out
