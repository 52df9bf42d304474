"""The Laplace distribution."""

from __future__ import annotations

import math
from collections.abc import Sequence

from .. import ops
from ..tensor import Tensor
from .location_scale import LocationScale


class Laplace(LocationScale):
    """The Laplace distribution: ``log p(x) = -abs(x - loc) / scale - log(2 * scale)``.

    Parameters
    ----------
    loc
        The mean, any shape.
    scale
        The mean distance from it, above 0.

    Examples
    --------
    >>> fastnn.distributions.Laplace(0.0, 1.0).log_prob([0.0, 1.0])
    tensor([-0.6931, -1.6931])
    """

    @property
    def stddev(self) -> Tensor:
        """The standard deviation."""
        return math.sqrt(2) * self.scale

    def _draws(self, shape: Sequence[int]) -> Tensor:
        size = ops.empty(shape, dtype=self.loc.dtype).exponential_()
        return size * (ops.rand(shape, dtype=self.loc.dtype).round() * 2 - 1)

    def _log_density(self, z: Tensor) -> Tensor:
        return -z.abs() - math.log(2)

    def _cdf(self, z: Tensor) -> Tensor:
        return 0.5 - 0.5 * z.sign() * (-z.abs()).expm1()

    def _icdf(self, p: Tensor) -> Tensor:
        middle = p - 0.5
        return -middle.sign() * (-2 * middle.abs()).log1p()

    def _entropy(self) -> float:
        return 1 + math.log(2)
