"""Differentiable stand-ins for draws of indices: numbers from 0 to 1 that tend to either end.

C. Maddison, A. Mnih and Y. Teh, "The concrete distribution: a continuous relaxation of discrete
random variables", 2017.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from .. import ops
from ..tensor import Tensor, TensorLike, as_array
from .categorical import Categorical
from .constraints import Constraint, real, real_vector, simplex
from .distribution import Distribution
from .odds import OfOdds
from .transformed import TransformedDistribution
from .transforms import ExpTransform, SigmoidTransform


def given_temperature(name: str, temperature: TensorLike) -> Tensor:
    """A temperature as a tensor; ValueError unless it is above 0."""
    t = temperature if isinstance(temperature, Tensor) else Tensor(as_array(temperature))
    if not bool((t.detach() > 0).all()):
        raise ValueError(f"{name}: temperature must be above 0")
    return t


class LogitRelaxedBernoulli(OfOdds):
    """The logits of `RelaxedBernoulli`: shifted logistic numbers, divided by the temperature."""

    has_rsample = True
    support = real

    def __init__(
        self,
        temperature: TensorLike,
        probs: TensorLike | None = None,
        logits: TensorLike | None = None,
        validate_args: bool | None = None,
    ) -> None:
        super().__init__(probs=probs, logits=logits, validate_args=validate_args)
        self._temperature = [given_temperature("RelaxedBernoulli", temperature)]

    @property
    def temperature(self) -> Tensor:
        """The temperature."""
        return self._temperature[0]

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draws as functions of the parameters."""
        u = ops.rand(self._extended_shape(sample_shape), dtype=self.logits.dtype)
        u = u.clamp(float(np.finfo(u.dtype).tiny), None)
        return (u.log() - (-u).log1p() + self.logits) / self.temperature

    def log_prob(self, value: TensorLike) -> Tensor:
        """The logarithm of the density of values."""
        ahead = self.logits - self._value(value) * self.temperature
        return self.temperature.log() + ahead - 2 * ops.softplus(ahead)


class ExpRelaxedCategorical(Distribution):
    """The logarithms of `RelaxedOneHotCategorical`."""

    has_rsample = True
    support = real_vector

    def __init__(
        self,
        temperature: TensorLike,
        probs: TensorLike | None = None,
        logits: TensorLike | None = None,
        validate_args: bool | None = None,
    ) -> None:
        self._categorical = Categorical(probs, logits, validate_args)
        self._temperature = [given_temperature("RelaxedOneHotCategorical", temperature)]
        shape = self._categorical.param_shape
        super().__init__(shape[:-1], shape[-1:], validate_args)

    @property
    def temperature(self) -> Tensor:
        """The temperature."""
        return self._temperature[0]

    @property
    def probs(self) -> Tensor:
        """The probabilities of the indices."""
        return self._categorical.probs

    @property
    def logits(self) -> Tensor:
        """Their logarithms."""
        return self._categorical.logits

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draws as functions of the parameters: of logits with Gumbel numbers added."""
        shape = self._extended_shape(sample_shape)
        gumbel = -ops.empty(shape, dtype=self.logits.dtype).exponential_().log()
        return ops.log_softmax((self.logits + gumbel) / self.temperature, -1)

    def log_prob(self, value: TensorLike) -> Tensor:
        """The logarithm of the density of values."""
        k = self._event_shape[-1]
        ahead = self.logits - self._value(value) * self.temperature
        norm = math.lgamma(k) + (k - 1) * self.temperature.log()
        return ops.log_softmax(ahead, -1).sum(-1) + norm


class Relaxed(TransformedDistribution):
    """Draws of a base brought into the range from 0 to 1; the parameters are those of the base."""

    base_dist: LogitRelaxedBernoulli | ExpRelaxedCategorical

    @property
    def temperature(self) -> Tensor:
        """The temperature."""
        return self.base_dist.temperature

    @property
    def probs(self) -> Tensor:
        """The probabilities of 1, or of the indices."""
        return self.base_dist.probs

    @property
    def logits(self) -> Tensor:
        """Their log-odds, or logarithms."""
        return self.base_dist.logits


class RelaxedBernoulli(Relaxed):
    """Numbers from 0 to 1 instead of `Bernoulli`'s 0 and 1, through which gradients flow.

    Parameters
    ----------
    temperature
        Above 0; the lower it is, the nearer are draws to 0 and 1.
    probs
        Probabilities of 1, any shape; or
    logits
        their log-odds. One of the two.

    Examples
    --------
    >>> relaxed = fastnn.distributions.RelaxedBernoulli(0.5, logits=fastnn.zeros(3))
    >>> bool(((relaxed.rsample() > 0) & (relaxed.rsample() < 1)).all())
    True
    """

    base_dist: LogitRelaxedBernoulli

    def __init__(
        self,
        temperature: TensorLike,
        probs: TensorLike | None = None,
        logits: TensorLike | None = None,
        validate_args: bool | None = None,
    ) -> None:
        base = LogitRelaxedBernoulli(temperature, probs, logits, validate_args)
        super().__init__(base, SigmoidTransform(), validate_args)


class RelaxedOneHotCategorical(Relaxed):
    """Vectors of probabilities instead of one-hot vectors, through which gradients flow.

    Parameters
    ----------
    temperature
        Above 0; the lower it is, the nearer are draws to one-hot vectors.
    probs, logits
        As for `Categorical`.

    Examples
    --------
    >>> relaxed = fastnn.distributions.RelaxedOneHotCategorical(0.5, logits=fastnn.zeros(3))
    >>> round(relaxed.rsample().sum().item(), 4)
    1.0
    """

    base_dist: ExpRelaxedCategorical

    def __init__(
        self,
        temperature: TensorLike,
        probs: TensorLike | None = None,
        logits: TensorLike | None = None,
        validate_args: bool | None = None,
    ) -> None:
        base = ExpRelaxedCategorical(temperature, probs, logits, validate_args)
        super().__init__(base, ExpTransform(), validate_args)

    @property
    def support(self) -> Constraint:
        """Vectors of probabilities."""
        return simplex
