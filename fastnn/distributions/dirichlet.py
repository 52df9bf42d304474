"""The Dirichlet distribution, and that of two parts: the beta distribution."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from .. import ops
from ..tensor import Tensor, TensorLike
from .constraints import Constraint, independent, positive, simplex, unit_interval
from .distribution import Distribution, parameters
from .gamma import log_gamma_draws


class Dirichlet(Distribution):
    """The Dirichlet distribution of vectors of probabilities.

    ``log p(x) = sum((a - 1) * log(x)) + lgamma(sum(a)) - sum(lgamma(a))``

    Parameters
    ----------
    concentration
        a, (..., K), above 0.

    Examples
    --------
    >>> dirichlet = fastnn.distributions.Dirichlet(fastnn.tensor([1.0, 2.0, 1.0]))
    >>> dirichlet.mean, dirichlet.sample((4,)).sum(-1).shape
    (tensor([0.25, 0.5 , 0.25]), (4,))
    """

    has_rsample = True
    arg_constraints: ClassVar[dict[str, Constraint]] = {"concentration": independent(positive, 1)}
    support = simplex

    def __init__(self, concentration: TensorLike, validate_args: bool | None = None) -> None:
        (self.concentration,) = parameters(concentration)
        shape = self.concentration.shape
        if not shape:
            raise ValueError("Dirichlet: expected concentrations (..., K), got shape ()")
        super().__init__(shape[:-1], shape[-1:], validate_args)

    @property
    def mean(self) -> Tensor:
        """The mean."""
        return self.concentration / self.concentration.sum(-1, keepdim=True)

    @property
    def mode(self) -> Tensor:
        """The most probable vector; where no concentration is above 1, that of the largest."""
        a = self.concentration
        above = (a - 1).clamp(min=0)
        total = above.sum(-1, keepdim=True)
        inner = above / ops.where(total > 0, total, 1.0)
        corner = a.argmax(-1)[..., None].eq(ops.arange(a.shape[-1])).to(a.dtype)
        return ops.where((a < 1).all(-1, keepdim=True), corner, inner)

    @property
    def variance(self) -> Tensor:
        """The variance of each part."""
        total = self.concentration.sum(-1, keepdim=True)
        return self.mean * (1 - self.mean) / (total + 1)

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draws as functions of the concentrations: shares of independent gamma draws."""
        return ops.softmax(log_gamma_draws(self._extended(self.concentration, sample_shape)), -1)

    def log_prob(self, value: TensorLike) -> Tensor:
        """The logarithm of the density of vectors of probabilities."""
        return ops.xlogy(self.concentration - 1, self._value(value)).sum(-1) - self._log_beta()

    def entropy(self) -> Tensor:
        """The entropy in nats."""
        a, k = self.concentration, self.concentration.shape[-1]
        total = a.sum(-1)
        parts = ((a - 1) * a.digamma()).sum(-1)
        return self._log_beta() - (k - total) * total.digamma() - parts

    def _log_beta(self) -> Tensor:
        return self.concentration.lgamma().sum(-1) - self.concentration.sum(-1).lgamma()


class Beta(Distribution):
    """The beta distribution: the first of two parts of a `Dirichlet` distribution.

    ``log p(x) = (a - 1) * log(x) + (b - 1) * log(1 - x) - log(beta(a, b))``

    Parameters
    ----------
    concentration1
        a, above 0, of any shape.
    concentration0
        b, above 0.

    Examples
    --------
    >>> beta = fastnn.distributions.Beta(2.0, 2.0)
    >>> beta.mean.item(), beta.log_prob(0.5).exp()
    (0.5, tensor(1.5))
    """

    has_rsample = True
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

    @property
    def _parts(self) -> Dirichlet:
        both = ops.stack([self.concentration1, self.concentration0], -1)
        return Dirichlet(both, validate_args=False)

    @property
    def mean(self) -> Tensor:
        """The mean."""
        return self.concentration1 / (self.concentration1 + self.concentration0)

    @property
    def mode(self) -> Tensor:
        """The most probable value."""
        return self._parts.mode[..., 0]

    @property
    def variance(self) -> Tensor:
        """The variance."""
        return self.mean * (1 - self.mean) / (self.concentration1 + self.concentration0 + 1)

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draws as functions of the parameters."""
        return self._parts.rsample(sample_shape)[..., 0]

    def log_prob(self, value: TensorLike) -> Tensor:
        """The logarithm of the density of values from 0 to 1."""
        x = self._value(value)
        return self._parts.log_prob(ops.stack([x, 1 - x], -1))

    def entropy(self) -> Tensor:
        """The entropy in nats."""
        return self._parts.entropy()
