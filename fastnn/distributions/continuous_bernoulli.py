"""The continuous Bernoulli distribution."""

from __future__ import annotations

from collections.abc import Sequence

from .. import ops
from ..tensor import Tensor, TensorLike
from .constraints import unit_interval
from .odds import OfOdds


class ContinuousBernoulli(OfOdds):
    """Numbers x from 0 to 1 with a density of the form of `Bernoulli`'s probability.

    ``p(x) = C * probs**x * (1 - probs)**(1 - x)``, in which ``C = 2 * arctanh(d) / d`` for
    ``d = 1 - 2 * probs`` (G. Loaiza-Ganem and J. Cunningham, "The continuous Bernoulli: fixing a
    pervasive error in variational autoencoders", 2019).

    Parameters
    ----------
    probs
        The parameter, from 0 to 1, any shape; or
    logits
        its log-odds. One of the two.
    lims
        Between these probabilities formulas that divide by d are replaced by their series about
        1/2.

    Examples
    --------
    >>> fastnn.distributions.ContinuousBernoulli(0.5).mean.item()
    0.5
    """

    has_rsample = True
    support = unit_interval

    def __init__(
        self,
        probs: TensorLike | None = None,
        logits: TensorLike | None = None,
        lims: tuple[float, float] = (0.499, 0.501),
        validate_args: bool | None = None,
    ) -> None:
        self._lims = lims
        super().__init__(probs=probs, logits=logits, validate_args=validate_args)

    def _split(self) -> tuple[Tensor, Tensor]:
        """Whether the log-odds are small, and the others, with ones in the place of these."""
        p, z = self.probs, self.logits
        small = (p > self._lims[0]) & (p < self._lims[1])
        return small, ops.where(small, 1.0, z)

    @property
    def mean(self) -> Tensor:
        """The mean: ``1 / (1 - exp(-z)) - 1 / z`` for log-odds z."""
        small, z = self._split()
        near = 0.5 + self.logits / 12 - self.logits**3 / 720
        return ops.where(small, near, -1 / (-z).expm1() - 1 / z)

    @property
    def variance(self) -> Tensor:
        """The variance: ``1 / z**2 - 1 / (2 * sinh(z / 2))**2`` for log-odds z."""
        small, z = self._split()
        near = 1 / 12 - self.logits**2 / 240
        return ops.where(small, near, 1 / z**2 - 0.25 / (z / 2).sinh() ** 2)

    @property
    def stddev(self) -> Tensor:
        """The standard deviation."""
        return self.variance.sqrt()

    def _log_norm(self) -> Tensor:
        """The logarithm of C: ``z / tanh(z / 2)`` is 2 arctanh(d) / d."""
        small, z = self._split()
        near = 2 + self.logits**2 / 6
        return ops.where(small, near, z / (z / 2).tanh()).log()

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draws as functions of the parameter."""
        return self.icdf(ops.rand(self._extended_shape(sample_shape), dtype=self.probs.dtype))

    def log_prob(self, value: TensorLike) -> Tensor:
        """The logarithm of the density of values from 0 to 1."""
        z = self.logits
        return self._value(value) * z - ops.softplus(z) + self._log_norm()

    def cdf(self, value: TensorLike) -> Tensor:
        """The probability of at most `value`: ``(exp(z * x) - 1) / (exp(z) - 1)``."""
        x = self._value(value)
        small, z = self._split()
        near = x + x * (x - 1) * self.logits / 2
        return ops.where(small, near, (z * x).expm1() / z.expm1())

    def icdf(self, value: TensorLike) -> Tensor:
        """The inverse of `cdf`."""
        p = self._fitting(value)
        small, z = self._split()
        near = p + p * (1 - p) * self.logits / 2
        return ops.where(small, near, (p * z.expm1()).log1p() / z)

    def entropy(self) -> Tensor:
        """The entropy in nats."""
        z = self.logits
        return ops.softplus(z) - self._log_norm() - self.mean * z
