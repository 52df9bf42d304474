"""The multinomial distribution."""

from __future__ import annotations

import math
from collections.abc import Sequence

from .. import ops
from ..autograd import no_grad
from ..tensor import Tensor, TensorLike
from . import constraints
from .categorical import Categorical
from .constraints import Constraint
from .distribution import Distribution


class Multinomial(Distribution):
    """How often each of C indices is drawn in `total_count` draws of a `Categorical` distribution.

    ``log p(x) = log(n!) + sum(x * log(probs) - log(x!))``

    Parameters
    ----------
    total_count
        The number of draws n.
    probs
        Weights that need not add up to 1, (..., C); or
    logits
        logarithms of such weights, (..., C). One of the two.

    Examples
    --------
    >>> dice = fastnn.distributions.Multinomial(4, fastnn.tensor([1.0, 1.0, 2.0]))
    >>> dice.mean, dice.sample().sum().item()
    (tensor([1., 1., 2.]), 4.0)
    """

    def __init__(
        self,
        total_count: int = 1,
        probs: TensorLike | None = None,
        logits: TensorLike | None = None,
        validate_args: bool | None = None,
    ) -> None:
        if not isinstance(total_count, int) or total_count < 0:
            raise ValueError(
                f"Multinomial: total_count must be an integer of at least 0, got {total_count!r}"
            )
        self.total_count = total_count
        self._categorical = Categorical(probs, logits, validate_args)
        shape = self._categorical.param_shape
        super().__init__(shape[:-1], shape[-1:], validate_args)

    @property
    def support(self) -> Constraint:
        """Counts whose sum is at most `total_count`."""
        return constraints.multinomial(self.total_count)

    @property
    def param_shape(self) -> tuple[int, ...]:
        """The shape of the weights, (..., C)."""
        return self._categorical.param_shape

    @property
    def probs(self) -> Tensor:
        """The probabilities of the indices."""
        return self._categorical.probs

    @property
    def logits(self) -> Tensor:
        """Their logarithms."""
        return self._categorical.logits

    @property
    def mean(self) -> Tensor:
        """The mean."""
        return self.total_count * self.probs

    @property
    def variance(self) -> Tensor:
        """The variance of each count."""
        return self.mean * (1 - self.probs)

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draws without gradients: one after the other each index, of the draws that are left."""
        with no_grad():
            p = self._extended(self.probs, sample_shape)
            rest, drawn = ops.full(p.shape[:-1], float(self.total_count), dtype=p.dtype), []
            later = p.flip(-1).cumsum(-1).flip(-1)  # of this index and those behind it
            for i in range(p.shape[-1]):
                share = p[..., i] / ops.where(later[..., i] > 0, later[..., i], 1.0)
                drawn.append(ops.binomial(rest, share.clamp(0, 1)))
                rest = rest - drawn[-1]
            return ops.stack(drawn, -1)

    def log_prob(self, value: TensorLike) -> Tensor:
        """The logarithm of the probability of counts."""
        x = self._value(value)
        total = x.sum(-1)
        logits = ops.where((x == 0) & (self.logits == -float("inf")), 0.0, self.logits)
        return (total + 1).lgamma() - (x + 1).lgamma().sum(-1) + (x * logits).sum(-1)

    def entropy(self) -> Tensor:
        """The entropy in nats: by the binomial distribution of each count."""
        n, p = self.total_count, self.probs
        counts = ops.arange(n + 1, dtype=p.dtype).view(-1, *[1] * p.ndim)
        ways = (counts + 1).lgamma()
        weights = (
            math.lgamma(n + 1)
            - ways
            - (n - counts + 1).lgamma()
            + ops.xlogy(counts, p)
            + ops.xlogy(n - counts, 1 - p)
        ).exp()
        own = n * self._categorical.entropy() - math.lgamma(n + 1)
        return own + (weights * ways).sum((0, -1))
