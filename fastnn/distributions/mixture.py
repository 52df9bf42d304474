"""Mixtures of distributions of one family."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import ops
from ..autograd import no_grad
from ..tensor import Tensor, TensorLike
from .categorical import Categorical
from .constraints import Constraint
from .distribution import Distribution


class MixtureSameFamily(Distribution):
    """Draws of one of several distributions, which a `Categorical` one chooses.

    ``p(x) = sum(w_k * p_k(x))``

    Parameters
    ----------
    mixture_distribution
        The weights, a `Categorical` distribution of K indices.
    component_distribution
        The components, a batch of distributions whose last batch dimension is K.

    Examples
    --------
    >>> D = fastnn.distributions
    >>> weights = D.Categorical(fastnn.tensor([0.25, 0.75]))
    >>> D.MixtureSameFamily(weights, D.Normal(fastnn.tensor([0.0, 4.0]), 1.0)).mean
    tensor(3.)
    """

    def __init__(
        self,
        mixture_distribution: Categorical,
        component_distribution: Distribution,
        validate_args: bool | None = None,
    ) -> None:
        if type(mixture_distribution) is not Categorical:
            raise ValueError(
                "MixtureSameFamily: mixture_distribution must be a Categorical, got "
                f"{type(mixture_distribution).__name__}"
            )
        batch, count = component_distribution.batch_shape, mixture_distribution.param_shape[-1]
        if not batch or batch[-1] != count:
            raise ValueError(
                f"MixtureSameFamily: the last batch dimension of the components must be {count}, "
                f"the number of weights, got {tuple(batch)}"
            )
        weights = mixture_distribution.batch_shape
        shape = np.broadcast_shapes(weights, batch[:-1])
        self.mixture_distribution = mixture_distribution.expand(shape)
        self.component_distribution = component_distribution.expand((*shape, count))
        super().__init__(shape, component_distribution.event_shape, validate_args)

    @property
    def support(self) -> Constraint:
        """That of the components."""
        return self.component_distribution.support

    def _along(self, x: Tensor) -> Tensor:
        """Something of each weight, beside the dimensions of a draw."""
        return x.reshape(*x.shape, *[1] * len(self._event_shape))

    def _average(self, x: Tensor) -> Tensor:
        probs = self._along(self.mixture_distribution.probs)
        return (probs * x).sum(-1 - len(self._event_shape))

    @property
    def mean(self) -> Tensor:
        """The mean."""
        return self._average(self.component_distribution.mean)

    @property
    def variance(self) -> Tensor:
        """The variance: of the components, and of their means."""
        within = self._average(self.component_distribution.variance)
        centre = self.mean.unsqueeze(-1 - len(self._event_shape))
        return within + self._average((self.component_distribution.mean - centre) ** 2)

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draws without gradients."""
        with no_grad():
            axis = -1 - len(self._event_shape)
            chosen = self._along(self.mixture_distribution.sample(sample_shape).unsqueeze(-1))
            drawn = self.component_distribution.sample(sample_shape)
            lead = len(drawn.shape) + axis
            shape = (*drawn.shape[:lead], 1, *self._event_shape)
            return ops.gather(drawn, axis, ops.expand(chosen, *shape).contiguous()).squeeze(axis)

    def _padded(self, value: TensorLike) -> Tensor:
        return self._value(value).unsqueeze(-1 - len(self._event_shape))

    def log_prob(self, value: TensorLike) -> Tensor:
        """The logarithm of the density, or of the probability, of values."""
        log_p = self.component_distribution.log_prob(self._padded(value))
        return ops.logsumexp(log_p + self.mixture_distribution.logits, -1)

    def cdf(self, value: TensorLike) -> Tensor:
        """The probability of at most `value`."""
        p = self.component_distribution.cdf(self._padded(value))
        return (p * self.mixture_distribution.probs).sum(-1)
