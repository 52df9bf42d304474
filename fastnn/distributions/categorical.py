"""Categorical distributions: as indices and as one-hot vectors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import ops
from ..autograd import no_grad
from ..tensor import Tensor, TensorLike
from .constraints import Constraint, one_hot
from .distribution import Distribution, parameters, xlogx


class Categorical(Distribution):
    """The indices 0 to C - 1, with given probabilities.

    Parameters
    ----------
    probs
        Weights that need not add up to 1, (..., C); or
    logits
        logarithms of such weights, (..., C). One of the two.

    Examples
    --------
    >>> die = fastnn.distributions.Categorical(fastnn.tensor([1.0, 1.0, 2.0]))
    >>> die.probs, die.log_prob(2).exp().item(), die.sample((5,)).shape
    (tensor([0.25, 0.25, 0.5 ]), 0.5, (5,))
    """

    has_enumerate_support = True

    def __init__(
        self,
        probs: TensorLike | None = None,
        logits: TensorLike | None = None,
        validate_args: bool | None = None,
    ) -> None:
        name = type(self).__name__
        if (probs is None) == (logits is None):
            raise ValueError(f"{name}: expected either probs or logits")
        (given,) = parameters(logits if probs is None else probs)  # type: ignore[arg-type]
        if not given.ndim or not given.shape[-1]:
            raise ValueError(f"{name}: expected weights (..., C), got shape {tuple(given.shape)}")
        super().__init__(given.shape[:-1], (), validate_args)
        self._given_probs = probs is not None
        if self._given_probs:
            w = given.detach()
            self._check("probs", (w >= 0) & w.isfinite(), "finite and at least 0")
            self._check("the sum of probs", w.sum(-1) > 0, "above 0")
            self.probs = given / given.sum(-1, keepdim=True)
            eps = float(np.finfo(given.dtype).eps)
            self.logits = self.probs.clamp(eps, 1 - eps).log()
        else:
            self.logits = ops.log_softmax(given, -1)
            self.probs = ops.softmax(given, -1)

    @property
    def support(self) -> Constraint:
        """The indices."""
        count = self._num_events
        return Constraint("an index of probs", lambda i: (i >= 0) & (i < count), 0, True)

    @property
    def _num_events(self) -> int:
        return self.probs.shape[-1]

    @property
    def param_shape(self) -> tuple[int, ...]:
        """The shape of the weights, (..., C)."""
        return self.probs.shape

    @property
    def mean(self) -> Tensor:
        """NaN: indices are no quantities."""
        return ops.full(self._extended_shape(), float("nan"), dtype=self.probs.dtype)

    @property
    def variance(self) -> Tensor:
        """NaN: indices are no quantities."""
        return self.mean

    @property
    def mode(self) -> Tensor:
        """The most probable index."""
        return self.probs.argmax(-1)

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draws of indices."""
        shape = self._extended_shape(sample_shape)
        lead = shape[: len(shape) - len(self._batch_shape) - len(self._event_shape)]
        with no_grad():
            rows = self.probs.reshape(-1, self._num_events)
            count = max(int(np.prod(lead)), 0)
            if not count or not len(rows):
                return ops.zeros(*lead, *self._batch_shape, dtype=np.int64)
            drawn = ops.multinomial(rows, count, replacement=True)
            return drawn.t().reshape(*lead, *self._batch_shape)

    def log_prob(self, value: TensorLike) -> Tensor:
        """The logarithm of the probability of indices."""
        index = self._value(value).long()
        shape = np.broadcast_shapes(index.shape, self._batch_shape)
        logits = ops.expand(self.logits, *shape, self._num_events)
        return ops.gather(logits, -1, ops.expand(index, *shape)[..., None]).squeeze(-1)

    def entropy(self) -> Tensor:
        """The entropy in nats."""
        return -xlogx(self.probs, self.logits).sum(-1)

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """All indices, along a new first dimension."""
        return self._enumerated(ops.arange(self._num_events), expand)


class OneHotCategorical(Categorical):
    """As `Categorical`, with one-hot vectors of length C for indices.

    Parameters
    ----------
    probs, logits
        As for `Categorical`.

    Examples
    --------
    >>> fastnn.distributions.OneHotCategorical(fastnn.tensor([0.0, 1.0])).sample()
    tensor([0., 1.])
    """

    def __init__(
        self,
        probs: TensorLike | None = None,
        logits: TensorLike | None = None,
        validate_args: bool | None = None,
    ) -> None:
        super().__init__(probs, logits, validate_args)
        self._event_shape = type(self._event_shape)(self.probs.shape[-1:])

    @property
    def support(self) -> Constraint:
        """One-hot vectors."""
        return one_hot

    @property
    def mean(self) -> Tensor:
        """The mean, which are the probabilities."""
        return self.probs

    @property
    def variance(self) -> Tensor:
        """The variance."""
        return self.probs * (1 - self.probs)

    @property
    def mode(self) -> Tensor:
        """The most probable vector."""
        return self._vectors(self.probs.argmax(-1))

    def _vectors(self, index: Tensor) -> Tensor:
        vectors = index[..., None].eq(ops.arange(self._num_events))
        return vectors.to(self.probs.dtype)

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draws of one-hot vectors."""
        flat = Categorical(self.probs.detach(), validate_args=False)
        return self._vectors(flat.sample(sample_shape))

    def log_prob(self, value: TensorLike) -> Tensor:
        """The logarithm of the probability of one-hot vectors."""
        x = self._value(value)
        flat = Categorical(logits=self.logits, validate_args=False)
        flat.logits = self.logits
        return flat.log_prob(x.argmax(-1))

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """All one-hot vectors, along a new first dimension."""
        return self._enumerated(ops.eye(self._num_events, dtype=self.probs.dtype), expand)


class OneHotCategoricalStraightThrough(OneHotCategorical):
    """`OneHotCategorical` whose draws pass their gradients to the probabilities, as a biased guess.

    Y. Bengio, N. Leonard and A. Courville, "Estimating or propagating gradients through stochastic
    neurons for conditional computation", 2013.

    Parameters
    ----------
    probs, logits
        As for `Categorical`.

    Examples
    --------
    >>> w = fastnn.tensor([1.0, 3.0], requires_grad=True)
    >>> x = fastnn.distributions.OneHotCategoricalStraightThrough(w).rsample()
    >>> x[1].backward()
    >>> w.grad
    tensor([-0.1875,  0.0625])
    """

    has_rsample = True

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draws of one-hot vectors, with the gradients of the probabilities."""
        return self.sample(sample_shape) + (self.probs - self.probs.detach())
