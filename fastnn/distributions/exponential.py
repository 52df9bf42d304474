"""The exponential distribution."""

from __future__ import annotations

from collections.abc import Sequence

from .. import ops
from ..tensor import Tensor, TensorLike
from .distribution import Distribution, parameters


class Exponential(Distribution):
    """The exponential distribution: ``log p(x) = log(rate) - rate * x``.

    Parameters
    ----------
    rate
        One over the mean, above 0, any shape.

    Examples
    --------
    >>> fastnn.distributions.Exponential(2.0).mean.item()
    0.5
    """

    has_rsample = True

    def __init__(self, rate: TensorLike, validate_args: bool | None = None) -> None:
        (self.rate,) = parameters(rate)
        super().__init__(self.rate.shape, (), validate_args)
        self._check("rate", self.rate.detach() > 0, "above 0")

    @property
    def mean(self) -> Tensor:
        """The mean."""
        return 1 / self.rate

    @property
    def stddev(self) -> Tensor:
        """The standard deviation, which is the mean."""
        return 1 / self.rate

    @property
    def variance(self) -> Tensor:
        """The variance."""
        return 1 / self.rate**2

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draws as functions of the rate."""
        e = ops.empty(self._extended_shape(sample_shape), dtype=self.rate.dtype).exponential_()
        return e / self.rate

    def log_prob(self, value: TensorLike) -> Tensor:
        """The logarithm of the density of values of at least 0."""
        return self.rate.log() - self.rate * self._value(value)

    def cdf(self, value: TensorLike) -> Tensor:
        """The probability of at most `value`."""
        return 1 - (-self.rate * self._value(value)).exp()

    def entropy(self) -> Tensor:
        """The entropy in nats: ``1 - log(rate)``."""
        return 1 - self.rate.log()
