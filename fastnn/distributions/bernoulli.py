"""The Bernoulli distribution."""

from __future__ import annotations

from collections.abc import Sequence

from .. import ops
from ..autograd import no_grad
from ..tensor import Tensor, TensorLike
from .constraints import boolean
from .odds import OfOdds


class Bernoulli(OfOdds):
    """1 with probability `probs`, else 0.

    Parameters
    ----------
    probs
        Probabilities of 1, any shape; or
    logits
        their log-odds, ``log(probs / (1 - probs))``. One of the two.

    Examples
    --------
    >>> coin = fastnn.distributions.Bernoulli(0.25)
    >>> coin.log_prob([0.0, 1.0]).exp()
    tensor([0.75, 0.25])
    """

    has_enumerate_support = True
    support = boolean

    def __init__(
        self,
        probs: TensorLike | None = None,
        logits: TensorLike | None = None,
        validate_args: bool | None = None,
    ) -> None:
        super().__init__(probs=probs, logits=logits, validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        """The mean, which is the probability of 1."""
        return self.probs

    @property
    def mode(self) -> Tensor:
        """The more probable value; NaN where both are equally so."""
        p = self.probs
        return ops.where(p == 0.5, float("nan"), (p > 0.5).to(p.dtype))

    @property
    def variance(self) -> Tensor:
        """The variance."""
        return self.probs * (1 - self.probs)

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draws without gradients."""
        with no_grad():
            return ops.bernoulli(self._extended(self.probs, sample_shape))

    def log_prob(self, value: TensorLike) -> Tensor:
        """The logarithm of the probability of values 0 and 1."""
        z = self.logits
        return self._value(value) * z - ops.softplus(z)

    def entropy(self) -> Tensor:
        """The entropy in nats."""
        z = self.logits
        return ops.softplus(z) - self.probs * z

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """0 and 1, along a new first dimension."""
        return self._enumerated(ops.arange(2, dtype=self.probs.dtype), expand)
