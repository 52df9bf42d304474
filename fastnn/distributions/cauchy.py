"""The Cauchy distribution."""

from __future__ import annotations

import math
from collections.abc import Sequence

from .. import ops
from ..tensor import Tensor
from .location_scale import LocationScale


class Cauchy(LocationScale):
    """The Cauchy distribution: ``p(x) = 1 / (pi * scale * (1 + z**2)), z = (x - loc) / scale``.

    Parameters
    ----------
    loc
        The median, any shape; there is no mean.
    scale
        Half of the width at half of the height, above 0.

    Examples
    --------
    >>> fastnn.distributions.Cauchy(0.0, 1.0).cdf([0.0, 1.0])
    tensor([0.5 , 0.75])
    """

    @property
    def mean(self) -> Tensor:
        """NaN: there is none."""
        return ops.full_like(self.loc, float("nan"))

    @property
    def stddev(self) -> Tensor:
        """Infinite."""
        return ops.full_like(self.loc, float("inf"))

    def _draws(self, shape: Sequence[int]) -> Tensor:
        return self._icdf(ops.rand(shape, dtype=self.loc.dtype))

    def _log_density(self, z: Tensor) -> Tensor:
        return -(z * z).log1p() - math.log(math.pi)

    def _cdf(self, z: Tensor) -> Tensor:
        return z.atan() / math.pi + 0.5

    def _icdf(self, p: Tensor) -> Tensor:
        return (math.pi * (p - 0.5)).tan()

    def _entropy(self) -> float:
        return math.log(4 * math.pi)
