"""The Bernoulli distribution."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import ops
from ..autograd import no_grad
from ..tensor import Tensor, TensorLike
from .distribution import Distribution, parameters


class Bernoulli(Distribution):
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

    def __init__(
        self,
        probs: TensorLike | None = None,
        logits: TensorLike | None = None,
        validate_args: bool | None = None,
    ) -> None:
        if (probs is None) == (logits is None):
            raise ValueError("Bernoulli: expected either probs or logits")
        (given,) = parameters(logits if probs is None else probs)  # type: ignore[arg-type]
        self._probs: Tensor | None = None if probs is None else given
        self._logits: Tensor | None = given if probs is None else None
        super().__init__(given.shape, (), validate_args)
        if self._probs is not None:
            p = given.detach()
            self._check("probs", (p >= 0) & (p <= 1), "from 0 to 1")

    @property
    def probs(self) -> Tensor:
        """The probabilities of 1."""
        if self._probs is None:
            return ops.sigmoid(self.logits)
        return self._probs

    @property
    def logits(self) -> Tensor:
        """The log-odds; probabilities of 0 and 1 count as one unit of rounding away from them."""
        if self._logits is not None:
            return self._logits
        eps = float(np.finfo(self.probs.dtype).eps)
        p = self.probs.clamp(eps, 1 - eps)
        return p.log() - (-p).log1p()

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
            return ops.bernoulli(ops.expand(self.probs, *self._extended_shape(sample_shape)))

    def log_prob(self, value: TensorLike) -> Tensor:
        """The logarithm of the probability of values 0 and 1."""
        x = self._value(value)
        self._check("value", (x == 0) | (x == 1), "0 or 1")
        z = self.logits
        return x * z - ops.softplus(z)

    def entropy(self) -> Tensor:
        """The entropy in nats."""
        z = self.logits
        return ops.softplus(z) - self.probs * z

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """0 and 1, along a new first dimension."""
        values = ops.arange(2, dtype=self.probs.dtype).view(2, *[1] * len(self.batch_shape))
        return values.expand(2, *self.batch_shape) if expand else values
