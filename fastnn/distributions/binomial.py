"""Counts of successes and of failures: the binomial and the negative binomial distribution."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from .. import ops
from ..autograd import no_grad
from ..tensor import Tensor, TensorLike
from .constraints import (
    Constraint,
    half_open_interval,
    integer_interval,
    nonnegative,
    nonnegative_integer,
)
from .distribution import parameters
from .gamma import Gamma
from .odds import OfOdds


class OfCounts(OfOdds):
    """Base of the two, with a count beside the probability.

    Parameters
    ----------
    total_count
        The count, at least 0.
    probs
        Probabilities of success, any shape; or
    logits
        their log-odds. One of the two.
    """

    def __init__(
        self,
        total_count: TensorLike = 1,
        probs: TensorLike | None = None,
        logits: TensorLike | None = None,
        validate_args: bool | None = None,
    ) -> None:
        super().__init__(total_count, probs=probs, logits=logits, validate_args=validate_args)
        self.total_count, _ = parameters(total_count, self.probs.detach())
        allowed = self.arg_constraints["total_count"]
        self._check("total_count", allowed.check(self.total_count.detach()), allowed.meaning)


class Binomial(OfCounts):
    """The number of successes in some trials: ``p(k) = choose(n, k) * p**k * (1 - p)**(n - k)``.

    Parameters
    ----------
    total_count
        The number of trials n, any shape.
    probs
        Probabilities of success p, any shape; or
    logits
        their log-odds. One of the two.

    Examples
    --------
    >>> fastnn.distributions.Binomial(2, 0.5).log_prob([0.0, 1.0, 2.0]).exp()
    tensor([0.25, 0.5 , 0.25])
    """

    has_enumerate_support = True
    arg_constraints: ClassVar[dict[str, Constraint]] = {"total_count": nonnegative_integer}

    @property
    def support(self) -> Constraint:
        """The counts up to that of the trials."""
        return integer_interval(0, self.total_count)

    @property
    def mean(self) -> Tensor:
        """The mean."""
        return self.total_count * self.probs

    @property
    def mode(self) -> Tensor:
        """The most probable value."""
        return ((self.total_count + 1) * self.probs).floor().minimum(self.total_count)

    @property
    def variance(self) -> Tensor:
        """The variance."""
        return self.mean * (1 - self.probs)

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draws without gradients."""
        with no_grad():
            n, p = (self._extended(v, sample_shape) for v in (self.total_count, self.probs))
            return ops.binomial(n, p)

    def log_prob(self, value: TensorLike) -> Tensor:
        """The logarithm of the probability of counts."""
        k, n, z = self._value(value), self.total_count, self.logits
        ways = (n + 1).lgamma() - (k + 1).lgamma() - (n - k + 1).lgamma()
        return ways + k * z - n * ops.softplus(z)

    def entropy(self) -> Tensor:
        """The entropy in nats: the sum over all counts, where `total_count` is the same for all."""
        log_p = self.log_prob(self.enumerate_support(False))
        return -(log_p.exp() * log_p).sum(0)

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """The counts from 0 to `total_count`, along a new first dimension."""
        counts = self.total_count.detach().numpy()
        if counts.size and counts.min() != counts.max():
            raise NotImplementedError(
                "Binomial: counts can be enumerated where total_count is the same for all, got "
                f"{counts.min():g} to {counts.max():g}"
            )
        most = int(counts.max()) if counts.size else 0
        return self._enumerated(ops.arange(most + 1, dtype=self.probs.dtype), expand)


class NegativeBinomial(OfCounts):
    """The number of successes before some failures.

    ``p(k) = gamma(r + k) / (gamma(r) * k!) * p**k * (1 - p)**r`` for r failures.

    Parameters
    ----------
    total_count
        The number of failures r, at least 0, which may be a fraction, any shape.
    probs
        Probabilities of success p, below 1, any shape; or
    logits
        their log-odds. One of the two.

    Examples
    --------
    >>> fastnn.distributions.NegativeBinomial(1, 0.5).log_prob([0.0, 1.0]).exp()
    tensor([0.5 , 0.25])
    """

    arg_constraints: ClassVar[dict[str, Constraint]] = {"total_count": nonnegative}
    support = nonnegative_integer
    _range = half_open_interval(0.0, 1.0)

    @property
    def mean(self) -> Tensor:
        """The mean."""
        return self.total_count * self.logits.exp()

    @property
    def mode(self) -> Tensor:
        """The most probable value."""
        return ((self.total_count - 1) * self.logits.exp()).floor().clamp(min=0)

    @property
    def variance(self) -> Tensor:
        """The variance."""
        return self.mean * (1 + self.logits.exp())

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draws without gradients: Poisson counts of gamma rates."""
        with no_grad():
            rates = Gamma(self.total_count, (-self.logits).exp(), validate_args=False)
            return ops.poisson(rates.sample(sample_shape))

    def log_prob(self, value: TensorLike) -> Tensor:
        """The logarithm of the probability of counts."""
        k, r, z = self._value(value), self.total_count, self.logits
        ways = (r + k).lgamma() - (k + 1).lgamma() - r.lgamma()
        ways = ops.where(r + k == 0, 0.0, ways)
        return ways - r * ops.softplus(z) - k * ops.softplus(-z)
