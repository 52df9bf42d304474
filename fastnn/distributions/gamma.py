"""The gamma distribution, its inverse and those that are made of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from .. import ops
from ..autograd.record import Array, Grads, Node, record
from ..ops.elementwise import incomplete
from ..random import default_generator
from ..tensor import Tensor, TensorLike
from .constraints import Constraint, nonnegative, positive
from .distribution import Distribution, parameters


def standard_gamma(concentration: Tensor) -> Tensor:
    """A draw from the gamma distribution with rate 1 for each element of `concentration`.

    The product of one with ``concentration + 1`` and of ``exp(-e / concentration)``, where e is
    exponential: of small concentrations the logarithms keep their digits.
    """
    return log_gamma_draws(concentration).exp().clamp(min=float(np.finfo(concentration.dtype).tiny))


def log_gamma_draws(concentration: Tensor) -> Tensor:
    """The logarithms of draws as `standard_gamma` makes them."""
    a = concentration._array + 1
    x = np.asarray(default_generator.numpy.standard_gamma(a, dtype=a.dtype.type))
    e = ops.empty(concentration.shape, dtype=a.dtype).exponential_()
    return record(x, draw_backward, (concentration,), a, x).log() - e / concentration


def draw_backward(node: Node, dy: Array) -> Grads:
    """By implicit reparametrization: x moves so that ``P(a, x)`` remains as it is.

    M. Figurnov, S. Mohamed and A. Mnih, "Implicit reparameterization gradients", 2018.
    """
    a, x = [v.astype(np.float64) for v in node.saved]
    dx = -incomplete.slope(a, x) * x / incomplete.scale(a, x)
    return ((dy * dx).astype(dy.dtype),)


class Gamma(Distribution):
    """The gamma distribution.

    ``log p(x) = a * log(b) + (a - 1) * log(x) - b * x - lgamma(a)`` for concentration a and rate b.

    Parameters
    ----------
    concentration
        The shape, above 0, of any shape.
    rate
        One over the scale, above 0.

    Examples
    --------
    >>> gamma = fastnn.distributions.Gamma(2.0, 4.0)
    >>> gamma.mean.item(), gamma.variance.item(), gamma.log_prob(0.5)
    (0.5, 0.125, tensor(0.0794))
    """

    has_rsample = True
    arg_constraints: ClassVar[dict[str, Constraint]] = {"concentration": positive, "rate": positive}
    support = nonnegative

    def __init__(
        self, concentration: TensorLike, rate: TensorLike, validate_args: bool | None = None
    ) -> None:
        self.concentration, self.rate = parameters(concentration, rate)
        super().__init__(self.rate.shape, (), validate_args)

    @property
    def mean(self) -> Tensor:
        """The mean."""
        return self.concentration / self.rate

    @property
    def mode(self) -> Tensor:
        """The most probable value."""
        return ((self.concentration - 1) / self.rate).clamp(min=0)

    @property
    def variance(self) -> Tensor:
        """The variance."""
        return self.concentration / self.rate**2

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draws as functions of the parameters."""
        return standard_gamma(self._extended(self.concentration, sample_shape)) / self.rate

    def log_prob(self, value: TensorLike) -> Tensor:
        """The logarithm of the density of values of at least 0."""
        x, a, b = self._value(value), self.concentration, self.rate
        return a * b.log() + ops.xlogy(a - 1, x) - b * x - a.lgamma()

    def cdf(self, value: TensorLike) -> Tensor:
        """The probability of at most `value`."""
        return ops.igamma(self.concentration, self.rate * self._value(value))

    def entropy(self) -> Tensor:
        """The entropy in nats: ``a - log(b) + lgamma(a) + (1 - a) * digamma(a)``."""
        a = self.concentration
        return a - self.rate.log() + a.lgamma() + (1 - a) * a.digamma()


class Chi2(Gamma):
    """The distribution of the sum of `df` squared normal numbers.

    Parameters
    ----------
    df
        Degrees of freedom, above 0, any shape.

    Examples
    --------
    >>> fastnn.distributions.Chi2(3.0).mean.item()
    3.0
    """

    arg_constraints: ClassVar[dict[str, Constraint]] = {"df": positive}

    def __init__(self, df: TensorLike, validate_args: bool | None = None) -> None:
        (self.df,) = parameters(df)
        super().__init__(self.df / 2, 0.5, validate_args)


class InverseGamma(Distribution):
    """The distribution of ``1 / x`` for x of a `Gamma` distribution.

    ``log p(x) = a * log(b) - (a + 1) * log(x) - b / x - lgamma(a)``

    Parameters
    ----------
    concentration
        a, the shape, above 0, of any shape.
    rate
        b, the scale of ``1 / x``, above 0.

    Examples
    --------
    >>> fastnn.distributions.InverseGamma(3.0, 4.0).mean.item()
    2.0
    """

    has_rsample = True
    arg_constraints: ClassVar[dict[str, Constraint]] = {"concentration": positive, "rate": positive}
    support = positive

    def __init__(
        self, concentration: TensorLike, rate: TensorLike, validate_args: bool | None = None
    ) -> None:
        self.concentration, self.rate = parameters(concentration, rate)
        super().__init__(self.rate.shape, (), validate_args)

    @property
    def mean(self) -> Tensor:
        """The mean; infinite where the concentration is at most 1."""
        a = self.concentration
        return ops.where(a > 1, self.rate / ops.where(a > 1, a - 1, 1.0), math.inf)

    @property
    def mode(self) -> Tensor:
        """The most probable value."""
        return self.rate / (self.concentration + 1)

    @property
    def variance(self) -> Tensor:
        """The variance; infinite where the concentration is at most 2."""
        a = self.concentration
        finite = self.rate**2 / ops.where(a > 2, (a - 1) ** 2 * (a - 2), 1.0)
        return ops.where(a > 2, finite, math.inf)

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draws as functions of the parameters."""
        return self.rate / standard_gamma(self._extended(self.concentration, sample_shape))

    def log_prob(self, value: TensorLike) -> Tensor:
        """The logarithm of the density of values above 0."""
        x, a, b = self._value(value), self.concentration, self.rate
        return a * b.log() - (a + 1) * x.log() - b / x - a.lgamma()

    def cdf(self, value: TensorLike) -> Tensor:
        """The probability of at most `value`."""
        return ops.igammac(self.concentration, self.rate / self._value(value))

    def entropy(self) -> Tensor:
        """The entropy in nats: ``a + log(b) + lgamma(a) - (1 + a) * digamma(a)``."""
        a = self.concentration
        return a + self.rate.log() + a.lgamma() - (1 + a) * a.digamma()
