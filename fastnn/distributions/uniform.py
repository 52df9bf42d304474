"""The uniform distribution."""

from __future__ import annotations

from collections.abc import Sequence

from .. import ops
from ..tensor import Tensor, TensorLike
from .constraints import Constraint, interval, unit_interval
from .distribution import Distribution, parameters


class Uniform(Distribution):
    """The uniform distribution on [low, high).

    Parameters
    ----------
    low, high
        The bounds, any shape.

    Examples
    --------
    >>> uniform = fastnn.distributions.Uniform(0.0, 4.0)
    >>> uniform.log_prob([1.0, 5.0]).exp(), uniform.mean.item()
    (tensor([0.25, 0.  ]), 2.0)
    """

    has_rsample = True

    def __init__(
        self, low: TensorLike, high: TensorLike, validate_args: bool | None = None
    ) -> None:
        self.low, self.high = parameters(low, high)
        super().__init__(self.low.shape, (), validate_args)
        self._check("high", self.low.detach() < self.high.detach(), "above low")

    @property
    def support(self) -> Constraint:
        """The values between the bounds; others have the density 0."""
        return interval(self.low.detach(), self.high.detach())

    @property
    def mean(self) -> Tensor:
        """The mean."""
        return (self.low + self.high) / 2

    @property
    def mode(self) -> Tensor:
        """NaN: all values are equally probable."""
        return ops.full_like(self.low, float("nan"))

    @property
    def variance(self) -> Tensor:
        """The variance."""
        return (self.high - self.low) ** 2 / 12

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draws as functions of the bounds."""
        u = ops.rand(self._extended_shape(sample_shape), dtype=self.low.dtype)
        return self.low + u * (self.high - self.low)

    def log_prob(self, value: TensorLike) -> Tensor:
        """The logarithm of the density: minus infinity outside of the bounds."""
        x = self._fitting(value)
        inside = (x >= self.low) & (x < self.high)
        return inside.to(self.low.dtype).log() - (self.high - self.low).log()

    def cdf(self, value: TensorLike) -> Tensor:
        """The probability of at most `value`."""
        return ((self._fitting(value) - self.low) / (self.high - self.low)).clamp(0, 1)

    def icdf(self, value: TensorLike) -> Tensor:
        """The inverse of `cdf`."""
        p = self._fitting(value)
        self._check("a probability", unit_interval.check(p.detach()), unit_interval.meaning)
        return self.low + p * (self.high - self.low)

    def entropy(self) -> Tensor:
        """The entropy in nats: ``log(high - low)``."""
        return (self.high - self.low).log()
