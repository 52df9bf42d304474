"""Random reflections of images."""

from __future__ import annotations

import numpy as np

from ...random import Generator
from ..checks import check_real
from .transform import Array, RandomTransform

__all__ = ["RandomHorizontalFlip", "RandomVerticalFlip"]


class RandomHorizontalFlip(RandomTransform):
    """Exchange left and right of each image with some probability.

    Parameters
    ----------
    p
        The probability.
    channels_last
        Whether images are (N, H, W, C) instead of (N, C, H, W).
    generator
        Random number generator, or a seed for one; by default that of `fastnn.manual_seed`.

    Raises
    ------
    ValueError
        If `p` is not from 0 to 1, or `x` is no batch of images.

    Examples
    --------
    >>> flip = fastnn.data.transforms.RandomHorizontalFlip(p=1)
    >>> flip(np.array([[[[1, 2, 3]]]]))
    array([[[[3, 2, 1]]]])
    """

    axis = 3  # in (N, C, H, W)

    def __init__(
        self,
        p: float = 0.5,
        channels_last: bool = False,
        generator: Generator | int | None = None,
    ) -> None:
        super().__init__(generator, channels_last)
        self.p = check_real(type(self).__name__, "p", p, 0, 1)

    def apply(self, x: Array) -> Array:
        """The images, some of them reflected."""
        self.images_of(x)
        chosen = self.draw.random(len(x)) < self.p
        out: Array = x.copy()
        out[chosen] = np.flip(x[chosen], self.axis - self.channels_last)
        return out


class RandomVerticalFlip(RandomHorizontalFlip):
    """Exchange top and bottom of each image with some probability.

    Arguments and errors are those of `RandomHorizontalFlip`.

    Examples
    --------
    >>> flip = fastnn.data.transforms.RandomVerticalFlip(p=1)
    >>> flip(np.array([[[[1, 2], [3, 4]]]]))
    array([[[[3, 4],
             [1, 2]]]])
    """

    axis = 2
