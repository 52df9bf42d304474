"""The Gumbel distribution."""

from __future__ import annotations

import math
from collections.abc import Sequence

from .. import ops
from ..tensor import Tensor
from .location_scale import LocationScale

EULER = 0.5772156649015329


class Gumbel(LocationScale):
    """The distribution of maxima: ``log p(x) = -z - exp(-z) - log(scale), z = (x - loc) / scale``.

    Parameters
    ----------
    loc
        The most probable value, any shape.
    scale
        The scale, above 0.

    Examples
    --------
    >>> gumbel = fastnn.distributions.Gumbel(0.0, 1.0)
    >>> gumbel.log_prob(0.0).item(), gumbel.mean
    (-1.0, tensor(0.5772))
    """

    @property
    def mean(self) -> Tensor:
        """The mean: Euler's constant times the scale, from `loc` on."""
        return self.loc + EULER * self.scale

    @property
    def stddev(self) -> Tensor:
        """The standard deviation."""
        return (math.pi / math.sqrt(6)) * self.scale

    def _draws(self, shape: Sequence[int]) -> Tensor:
        return -ops.empty(shape, dtype=self.loc.dtype).exponential_().log()

    def _log_density(self, z: Tensor) -> Tensor:
        return -z - (-z).exp()

    def _cdf(self, z: Tensor) -> Tensor:
        return (-(-z).exp()).exp()

    def _icdf(self, p: Tensor) -> Tensor:
        return -(-p.log()).log()

    def _entropy(self) -> float:
        return 1 + EULER
