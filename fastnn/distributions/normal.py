"""The normal distribution."""

from __future__ import annotations

import math
from collections.abc import Sequence

from .. import ops
from ..tensor import Tensor, TensorLike
from .distribution import HALF_LOG_2PI, Distribution, parameters


class Normal(Distribution):
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

    has_rsample = True

    def __init__(
        self, loc: TensorLike, scale: TensorLike, validate_args: bool | None = None
    ) -> None:
        self.loc, self.scale = parameters(loc, scale)
        super().__init__(self.loc.shape, (), validate_args)
        self._check("scale", self.scale.detach() > 0, "above 0")

    @property
    def mean(self) -> Tensor:
        """The mean."""
        return self.loc

    @property
    def mode(self) -> Tensor:
        """The most probable value, which is the mean."""
        return self.loc

    @property
    def stddev(self) -> Tensor:
        """The standard deviation."""
        return self.scale

    @property
    def variance(self) -> Tensor:
        """The variance."""
        return self.scale**2

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draws as functions of the parameters: ``loc + scale * e``."""
        e = ops.randn(self._extended_shape(sample_shape), dtype=self.loc.dtype)
        return self.loc + e * self.scale

    def log_prob(self, value: TensorLike) -> Tensor:
        """The logarithm of the density of values."""
        z = (self._value(value) - self.loc) / self.scale
        return -0.5 * z * z - self.scale.log() - HALF_LOG_2PI

    def cdf(self, value: TensorLike) -> Tensor:
        """The probability of at most `value`."""
        z = (self._value(value) - self.loc) / self.scale
        return 0.5 * (1 + ops.erf(z * math.sqrt(0.5)))

    def entropy(self) -> Tensor:
        """The entropy in nats: ``(1 + log(2 * pi)) / 2 + log(scale)``."""
        return self.scale.log() + (0.5 + HALF_LOG_2PI)
