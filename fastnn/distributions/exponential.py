"""Distributions that are functions of exponential numbers, and this one itself."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar

from .. import ops
from ..tensor import Tensor, TensorLike
from .constraints import (
    Constraint,
    greater_than_eq,
    nonnegative,
    positive,
    real,
    unit_interval,
)
from .distribution import Distribution, parameters
from .gumbel import EULER


class OfExponential(Distribution):
    """Base of the distributions of an increasing function of exponential numbers of rate 1.

    A subclass has the function and its inverse, and the logarithm of the inverse's slope. With e
    for the exponential number: ``cdf(x) = 1 - exp(-e(x))`` and ``log p(x) = log(e'(x)) - e(x)``.
    """

    has_rsample = True

    def _of(self, e: Tensor) -> Tensor:
        """x, from e."""
        raise NotImplementedError

    def _inverse(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """e, from x, and the logarithm of its derivative."""
        raise NotImplementedError

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draws as functions of the parameters."""
        shape = self._extended_shape(sample_shape)
        dtype = next(v.dtype for v in vars(self).values() if isinstance(v, Tensor))
        return self._of(ops.empty(shape, dtype=dtype).exponential_())

    def log_prob(self, value: TensorLike) -> Tensor:
        """The logarithm of the density of values."""
        e, log_slope = self._inverse(self._value(value))
        return log_slope - e

    def cdf(self, value: TensorLike) -> Tensor:
        """The probability of at most `value`."""
        return -(-self._inverse(self._value(value))[0]).expm1()

    def icdf(self, value: TensorLike) -> Tensor:
        """The inverse of `cdf`."""
        p = self._fitting(value)
        self._check("a probability", unit_interval.check(p.detach()), unit_interval.meaning)
        return self._of(-(-p).log1p())


class Exponential(OfExponential):
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

    arg_constraints: ClassVar[dict[str, Constraint]] = {"rate": positive}
    support = nonnegative

    def __init__(self, rate: TensorLike, validate_args: bool | None = None) -> None:
        (self.rate,) = parameters(rate)
        super().__init__(self.rate.shape, (), validate_args)

    @property
    def mean(self) -> Tensor:
        """The mean."""
        return 1 / self.rate

    @property
    def mode(self) -> Tensor:
        """The most probable value, which is 0."""
        return ops.zeros_like(self.rate)

    @property
    def stddev(self) -> Tensor:
        """The standard deviation, which is the mean."""
        return 1 / self.rate

    @property
    def variance(self) -> Tensor:
        """The variance."""
        return 1 / self.rate**2

    def _of(self, e: Tensor) -> Tensor:
        return e / self.rate

    def _inverse(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return self.rate * x, self.rate.log()

    def entropy(self) -> Tensor:
        """The entropy in nats: ``1 - log(rate)``."""
        return 1 - self.rate.log()


class Weibull(OfExponential):
    """The Weibull distribution, of ``scale * e**(1 / concentration)``.

    ``log p(x) = log(k / scale) + (k - 1) * log(x / scale) - (x / scale)**k`` for concentration k.

    Parameters
    ----------
    scale
        The scale, above 0, any shape.
    concentration
        The shape k, above 0.

    Examples
    --------
    >>> fastnn.distributions.Weibull(2.0, 1.0).mean
    tensor(2.)
    """

    arg_constraints: ClassVar[dict[str, Constraint]] = {
        "scale": positive,
        "concentration": positive,
    }
    support = nonnegative

    def __init__(
        self, scale: TensorLike, concentration: TensorLike, validate_args: bool | None = None
    ) -> None:
        self.scale, self.concentration = parameters(scale, concentration)
        super().__init__(self.scale.shape, (), validate_args)

    def _moment(self, n: int) -> Tensor:
        return (1 + n / self.concentration).lgamma().exp()

    @property
    def mean(self) -> Tensor:
        """The mean: ``scale * gamma(1 + 1 / k)``."""
        return self.scale * self._moment(1)

    @property
    def mode(self) -> Tensor:
        """The most probable value."""
        k = self.concentration
        return self.scale * ((k - 1) / k).clamp(min=0) ** (1 / k)

    @property
    def variance(self) -> Tensor:
        """The variance."""
        return self.scale**2 * (self._moment(2) - self._moment(1) ** 2)

    def _of(self, e: Tensor) -> Tensor:
        return self.scale * e ** (1 / self.concentration)

    def _inverse(self, x: Tensor) -> tuple[Tensor, Tensor]:
        k, z = self.concentration, x / self.scale
        return z**k, k.log() - self.scale.log() + ops.xlogy(k - 1, z)

    def entropy(self) -> Tensor:
        """The entropy in nats: ``euler * (1 - 1 / k) + log(scale / k) + 1``."""
        k = self.concentration
        return EULER * (1 - 1 / k) + (self.scale / k).log() + 1


class Pareto(OfExponential):
    """The Pareto distribution, of ``scale * exp(e / alpha)``.

    ``log p(x) = log(alpha) + alpha * log(scale) - (alpha + 1) * log(x)``

    Parameters
    ----------
    scale
        The smallest value, above 0, any shape.
    alpha
        The exponent, above 0.

    Examples
    --------
    >>> fastnn.distributions.Pareto(1.0, 3.0).mean.item()
    1.5
    """

    arg_constraints: ClassVar[dict[str, Constraint]] = {"scale": positive, "alpha": positive}

    def __init__(
        self, scale: TensorLike, alpha: TensorLike, validate_args: bool | None = None
    ) -> None:
        self.scale, self.alpha = parameters(scale, alpha)
        super().__init__(self.scale.shape, (), validate_args)

    @property
    def support(self) -> Constraint:
        """The values from `scale` on."""
        return greater_than_eq(self.scale.detach())

    @property
    def mean(self) -> Tensor:
        """The mean; infinite where `alpha` is at most 1."""
        a = self.alpha
        finite = a * self.scale / ops.where(a > 1, a - 1, 1.0)
        return ops.where(a > 1, finite, math.inf)

    @property
    def mode(self) -> Tensor:
        """The most probable value, which is the smallest."""
        return self.scale

    @property
    def variance(self) -> Tensor:
        """The variance; infinite where `alpha` is at most 2."""
        a = self.alpha
        finite = self.scale**2 * a / ops.where(a > 2, (a - 1) ** 2 * (a - 2), 1.0)
        return ops.where(a > 2, finite, math.inf)

    def _of(self, e: Tensor) -> Tensor:
        return self.scale * (e / self.alpha).exp()

    def _inverse(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return self.alpha * (x / self.scale).log(), (self.alpha / x).log()

    def entropy(self) -> Tensor:
        """The entropy in nats: ``log(scale / alpha) + 1 + 1 / alpha``."""
        return (self.scale / self.alpha).log() + 1 + 1 / self.alpha


class GeneralizedPareto(OfExponential):
    """The generalised Pareto distribution, of ``loc + scale * (exp(c * e) - 1) / c``.

    ``log p(x) = -(1 + 1 / c) * log(1 + c * z) - log(scale), z = (x - loc) / scale``

    Parameters
    ----------
    loc
        The smallest value, any shape.
    scale
        The scale, above 0.
    concentration
        c, any number; where it is 0, the distribution is that of ``loc + scale * e``.

    Examples
    --------
    >>> fastnn.distributions.GeneralizedPareto(1.0, 2.0, 0.0).mean.item()
    3.0
    """

    arg_constraints: ClassVar[dict[str, Constraint]] = {
        "loc": real,
        "scale": positive,
        "concentration": real,
    }

    def __init__(
        self,
        loc: TensorLike,
        scale: TensorLike,
        concentration: TensorLike,
        validate_args: bool | None = None,
    ) -> None:
        self.loc, self.scale, self.concentration = parameters(loc, scale, concentration)
        super().__init__(self.loc.shape, (), validate_args)

    @property
    def support(self) -> Constraint:
        """The values from `loc` on, and up to ``loc - scale / c`` where c is negative."""
        low, c = self.loc.detach(), self.concentration.detach()
        high = ops.where(c < 0, low - self.scale.detach() / c, math.inf)
        return Constraint("from loc on, within the bound", lambda x: (x >= low) & (x <= high))

    @property
    def mean(self) -> Tensor:
        """The mean; infinite where the concentration is at least 1."""
        c = self.concentration
        finite = self.loc + self.scale / ops.where(c < 1, 1 - c, 1.0)
        return ops.where(c < 1, finite, math.inf)

    @property
    def mode(self) -> Tensor:
        """The most probable value, which is the smallest."""
        return self.loc

    @property
    def variance(self) -> Tensor:
        """The variance; infinite where the concentration is at least 1/2."""
        c = self.concentration
        finite = self.scale**2 / ops.where(c < 0.5, (1 - c) ** 2 * (1 - 2 * c), 1.0)
        return ops.where(c < 0.5, finite, math.inf)

    def _either(self, flat: Tensor, bent: Tensor) -> Tensor:
        return ops.where(self.concentration == 0, flat, bent)

    @property
    def _divisor(self) -> Tensor:
        return self._either(ops.ones_like(self.concentration), self.concentration)

    def _of(self, e: Tensor) -> Tensor:
        c = self._divisor
        return self.loc + self.scale * self._either(e, (c * e).expm1() / c)

    def _inverse(self, x: Tensor) -> tuple[Tensor, Tensor]:
        z = (x - self.loc) / self.scale
        bend = (self.concentration * z).log1p()
        return self._either(z, bend / self._divisor), -bend - self.scale.log()

    def entropy(self) -> Tensor:
        """The entropy in nats: ``log(scale) + c + 1``."""
        return self.scale.log() + self.concentration + 1


class Kumaraswamy(OfExponential):
    """The Kumaraswamy distribution, of ``(1 - exp(-e / b))**(1 / a)``.

    ``log p(x) = log(a * b) + (a - 1) * log(x) + (b - 1) * log(1 - x**a)``

    Parameters
    ----------
    concentration1
        a, above 0, any shape.
    concentration0
        b, above 0.

    Examples
    --------
    >>> fastnn.distributions.Kumaraswamy(1.0, 1.0).mean
    tensor(0.5)
    """

    arg_constraints: ClassVar[dict[str, Constraint]] = {
        "concentration1": positive,
        "concentration0": positive,
    }
    support = unit_interval

    def __init__(
        self,
        concentration1: TensorLike,
        concentration0: TensorLike,
        validate_args: bool | None = None,
    ) -> None:
        self.concentration1, self.concentration0 = parameters(concentration1, concentration0)
        super().__init__(self.concentration1.shape, (), validate_args)

    def _moment(self, n: int) -> Tensor:
        """``b * beta(1 + n / a, b)``."""
        first, b = 1 + n / self.concentration1, self.concentration0
        return b * (first.lgamma() + b.lgamma() - (first + b).lgamma()).exp()

    @property
    def mean(self) -> Tensor:
        """The mean."""
        return self._moment(1)

    @property
    def mode(self) -> Tensor:
        """The most probable value inside; NaN where there is none."""
        a, b = self.concentration1, self.concentration0
        has_one = (a >= 1) & (b >= 1) & (a * b > 1)
        inner = (a - 1) / ops.where(has_one, a * b - 1, 1.0)
        return ops.where(has_one, inner.clamp(min=0) ** (1 / a), math.nan)

    @property
    def variance(self) -> Tensor:
        """The variance."""
        return self._moment(2) - self._moment(1) ** 2

    def _of(self, e: Tensor) -> Tensor:
        return (-(-e / self.concentration0).expm1()) ** (1 / self.concentration1)

    def _inverse(self, x: Tensor) -> tuple[Tensor, Tensor]:
        a, b = self.concentration1, self.concentration0
        rest = (-(x**a)).log1p()
        return -b * rest, (a * b).log() + ops.xlogy(a - 1, x) - rest

    def entropy(self) -> Tensor:
        """The entropy in nats: ``(1 - 1 / b) + (1 - 1 / a) * harmonic(b) - log(a * b)``."""
        a, b = self.concentration1, self.concentration0
        harmonic = (b + 1).digamma() + EULER
        return (1 - 1 / b) + (1 - 1 / a) * harmonic - (a * b).log()
