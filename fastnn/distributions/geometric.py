"""The geometric distribution."""

from __future__ import annotations

from collections.abc import Sequence

from .. import ops
from ..autograd import no_grad
from ..tensor import Tensor, TensorLike
from .constraints import Constraint, nonnegative_integer
from .odds import OfOdds


class Geometric(OfOdds):
    """The number of failures before the first success: ``p(k) = (1 - probs)**k * probs``.

    Parameters
    ----------
    probs
        Probabilities of success, above 0, any shape; or
    logits
        their log-odds. One of the two.

    Examples
    --------
    >>> fastnn.distributions.Geometric(0.5).log_prob([0.0, 1.0]).exp()
    tensor([0.5 , 0.25])
    """

    support = nonnegative_integer
    _range = Constraint("above 0 and at most 1", lambda p: (p > 0) & (p <= 1))

    def __init__(
        self,
        probs: TensorLike | None = None,
        logits: TensorLike | None = None,
        validate_args: bool | None = None,
    ) -> None:
        super().__init__(probs=probs, logits=logits, validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        """The mean."""
        return 1 / self.probs - 1

    @property
    def mode(self) -> Tensor:
        """The most probable value, which is 0."""
        return ops.zeros_like(self.probs)

    @property
    def variance(self) -> Tensor:
        """The variance."""
        return (1 / self.probs - 1) / self.probs

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draws without gradients: whole parts of exponential numbers."""
        with no_grad():
            p = self._extended(self.probs, sample_shape)
            return (ops.empty_like(p).exponential_() / -(-p).log1p()).floor()

    def log_prob(self, value: TensorLike) -> Tensor:
        """The logarithm of the probability of counts of failures."""
        k, z = self._value(value), self.logits
        return -k * ops.softplus(z) - ops.softplus(-z)

    def entropy(self) -> Tensor:
        """The entropy in nats: that of `Bernoulli`, divided by `probs`."""
        z = self.logits
        return (ops.softplus(z) - self.probs * z) / self.probs
