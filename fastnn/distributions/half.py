"""Magnitudes of what is distributed about 0: half of a normal and of a Cauchy distribution."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar

from .. import ops
from ..tensor import Tensor, TensorLike
from .cauchy import Cauchy
from .constraints import Constraint, nonnegative, positive
from .distribution import Distribution, parameters
from .location_scale import LocationScale
from .normal import Normal


class Half(Distribution):
    """Base of the distributions of ``abs(x)`` for x about 0, as `whole` has them.

    Parameters
    ----------
    scale
        The scale of x, above 0, any shape.
    """

    has_rsample = True
    arg_constraints: ClassVar[dict[str, Constraint]] = {"scale": positive}
    support = nonnegative
    whole: ClassVar[type[LocationScale]]

    def __init__(self, scale: TensorLike, validate_args: bool | None = None) -> None:
        (self.scale,) = parameters(scale)
        super().__init__(self.scale.shape, (), validate_args)
        self.base_dist = self.whole(0.0, self.scale, validate_args=False)

    @property
    def mode(self) -> Tensor:
        """The most probable value, which is 0."""
        return ops.zeros_like(self.scale)

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draws as functions of the scale."""
        return self.base_dist.rsample(sample_shape).abs()

    def log_prob(self, value: TensorLike) -> Tensor:
        """The logarithm of the density of values of at least 0."""
        return self.base_dist.log_prob(self._value(value)) + math.log(2)

    def cdf(self, value: TensorLike) -> Tensor:
        """The probability of at most `value`."""
        return 2 * self.base_dist.cdf(self._value(value)) - 1

    def icdf(self, value: TensorLike) -> Tensor:
        """The inverse of `cdf`."""
        return self.base_dist.icdf((self._fitting(value) + 1) / 2)

    def entropy(self) -> Tensor:
        """The entropy in nats."""
        return self.base_dist.entropy() - math.log(2)


class HalfNormal(Half):
    """The distribution of ``abs(x)`` for normal x: ``p(x) = 2 * Normal(0, scale).p(x)``.

    Parameters
    ----------
    scale
        The standard deviation of x, above 0, any shape.

    Examples
    --------
    >>> fastnn.distributions.HalfNormal(1.0).mean
    tensor(0.7979)
    """

    whole = Normal

    @property
    def mean(self) -> Tensor:
        """The mean."""
        return math.sqrt(2 / math.pi) * self.scale

    @property
    def variance(self) -> Tensor:
        """The variance."""
        return (1 - 2 / math.pi) * self.scale**2


class HalfCauchy(Half):
    """The distribution of ``abs(x)`` for x of a `Cauchy` distribution about 0.

    Parameters
    ----------
    scale
        The scale of x, above 0, any shape.

    Examples
    --------
    >>> fastnn.distributions.HalfCauchy(2.0).cdf(2.0)
    tensor(0.5)
    """

    whole = Cauchy

    @property
    def mean(self) -> Tensor:
        """Infinite."""
        return ops.full_like(self.scale, float("inf"))

    @property
    def variance(self) -> Tensor:
        """Infinite."""
        return self.mean
