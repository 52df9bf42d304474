"""The normal distribution."""

from __future__ import annotations

import math
from collections.abc import Sequence

from .. import ops
from ..special import ndtr, ndtri
from ..tensor import Tensor
from .location_scale import LocationScale

HALF_LOG_2PI = 0.5 * math.log(2 * math.pi)


class Normal(LocationScale):
    """The normal distribution.

    ``log p(x) = -(x - loc)**2 / (2 * scale**2) - log(scale) - log(2 * pi) / 2``

    Parameters
    ----------
    loc
        The mean, any shape.
    scale
        The standard deviation, above 0.

    Examples
    --------
    >>> normal = fastnn.distributions.Normal(0.0, fastnn.tensor([1.0, 2.0]))
    >>> normal.log_prob(0.0)
    tensor([-0.9189, -1.6121])
    >>> normal.sample((3,)).shape
    (3, 2)
    """

    @property
    def stddev(self) -> Tensor:
        """The standard deviation."""
        return self.scale

    def _draws(self, shape: Sequence[int]) -> Tensor:
        return ops.randn(shape, dtype=self.loc.dtype)

    def _log_density(self, z: Tensor) -> Tensor:
        return -0.5 * z * z - HALF_LOG_2PI

    def _cdf(self, z: Tensor) -> Tensor:
        return ndtr(z)

    def _icdf(self, p: Tensor) -> Tensor:
        return ndtri(p)

    def _entropy(self) -> float:
        return 0.5 + HALF_LOG_2PI
