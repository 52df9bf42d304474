"""Layers that reduce each sequence to one vector, given the lengths of the sequences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from ..ops.aggregation import (
    last_pooling,
    max_pooling,
    mean_pooling,
    steps_of,
    weighted_mean,
)
from ..ops.embedding import embedding
from ..ops.shape import reshape
from ..tensor import Tensor, TensorLike
from .linear import Linear
from .module import Module
from .module.inputs import Floats, Inputs

__all__ = ["AttentionPooling", "LastPooling", "MaxPooling", "MeanPooling"]


class Pooling(Module):
    """Base of the pooling layers.

    Parameters
    ----------
    batch_first
        Whether inputs are (N, T, D); otherwise (T, N, D).
    """

    _pool: ClassVar[Callable[..., Tensor]]

    def __init__(self, batch_first: bool = False, device: Any = None) -> None:
        super().__init__(device)
        self.batch_first = batch_first

    def forward(self, input: TensorLike, lengths: TensorLike | None = None) -> Tensor:
        """Sequences to (N, D)."""
        return type(self)._pool(input, lengths, self.batch_first)

    def extra_repr(self) -> str:
        """The arguments that differ from their defaults."""
        return "batch_first=True" if self.batch_first else ""


class LastPooling(Pooling):
    """The last step of each sequence; see `fastnn.nn.functional.last_pooling`.

    Inputs are (T, N, D), or (N, T, D) with `batch_first`.

    Examples
    --------
    >>> layer = fastnn.nn.LastPooling()
    >>> layer(fastnn.zeros(5, 2, 3), lengths=fastnn.tensor([5, 3])).shape
    (2, 3)
    """

    _pool = staticmethod(last_pooling)


class MeanPooling(Pooling):
    """The mean of each sequence; see `fastnn.nn.functional.mean_pooling`.

    Inputs are (T, N, D), or (N, T, D) with `batch_first`.

    Examples
    --------
    >>> layer = fastnn.nn.MeanPooling()
    >>> layer(fastnn.zeros(5, 2, 3), lengths=fastnn.tensor([5, 3])).shape
    (2, 3)
    """

    _pool = staticmethod(mean_pooling)


class MaxPooling(Pooling):
    """The maximum of each feature of a sequence; see `fastnn.nn.functional.max_pooling`.

    Inputs are (T, N, D), or (N, T, D) with `batch_first`.

    Examples
    --------
    >>> layer = fastnn.nn.MaxPooling()
    >>> layer(fastnn.zeros(5, 2, 3), lengths=fastnn.tensor([5, 3])).shape
    (2, 3)
    """

    _pool = staticmethod(max_pooling)


class AttentionPooling(Pooling):
    """Weighted mean of the steps of each sequence; see `fastnn.nn.functional.attention_pooling`.

    y[n] = Σ_t a[t, n] · x[t, n], where a is the softmax over the steps of the sequence of
    u · tanh(W · x[t, n] + b), with W, b and u learnt.

    Parameters
    ----------
    input_size
        D, the length of a step.
    hidden_size
        Length of b and u; D by default.
    batch_first
        Whether inputs are (N, T, D); otherwise (T, N, D).
    device, dtype
        ``"cpu"`` or None, and the element type, float32 by default.

    Attributes
    ----------
    projection
        The linear layer with W, (hidden_size, D), and b, (hidden_size,).
    context
        The linear layer whose only row is u.

    Examples
    --------
    >>> layer = fastnn.nn.AttentionPooling(3)
    >>> y, weights = layer(fastnn.zeros(5, 2, 3), fastnn.tensor([5, 2]), need_weights=True)
    >>> y.shape
    (2, 3)
    >>> weights.detach().numpy().round(2)
    array([[0.2, 0.5],
           [0.2, 0.5],
           [0.2, 0. ],
           [0.2, 0. ],
           [0.2, 0. ]], dtype=float32)
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int | None = None,
        batch_first: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(batch_first, device)
        self.input_size = input_size
        hidden = input_size if hidden_size is None else hidden_size
        self.projection = Linear(input_size, hidden, dtype=dtype, activation="tanh")
        self.context = Linear(hidden, 1, bias=False, dtype=dtype)

    def _expected(self) -> Inputs:
        return {"input": Floats("*, input_size")}

    def forward(
        self, input: TensorLike, lengths: TensorLike | None = None, need_weights: bool = False
    ) -> Any:
        """Sequences to (N, D); with `need_weights` also a, shaped (T, N) or (N, T)."""
        steps = steps_of("AttentionPooling", input, lengths, self.batch_first)
        scores = self.context(self.projection(embedding(steps.ids, steps.table)))
        y, weights = weighted_mean(steps, reshape(scores, (-1,)))
        y = reshape(y, steps.shape)
        if not need_weights:
            return y
        return y, steps.spread(weights)
