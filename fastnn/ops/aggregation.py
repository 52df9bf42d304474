"""Sequences into vectors: the last state, the mean, the maximum, a weighted mean.

Steps beyond the length of a sequence are never read. The steps of a batch are the rows of a table,
and each sequence is a bag of rows (`fastnn.nn.functional.embedding_bag`).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..autograd.record import Array, array
from ..tensor import Tensor, TensorLike
from .elementwise import div, exp, sub
from .embedding import embedding, embedding_bag
from .index import index_add
from .rnn.sequences import checked_lengths
from .shape import reshape

__all__ = ["attention_pooling", "last_pooling", "max_pooling", "mean_pooling"]


class Steps(NamedTuple):
    """The steps of a batch as rows of a table, sequence after sequence, without padding.

    Attributes
    ----------
    table
        Every step, (N T, D), in the order of memory.
    ids
        The rows that are steps of a sequence.
    begins
        Where each sequence begins among `ids`, and where the last ends.
    shape
        Of the result: (N, D), or (D,) for a sequence alone.
    grid
        Of all steps, real or not: that of the input without D.
    """

    table: Tensor
    ids: Array
    begins: Array
    shape: tuple[int, ...]
    grid: tuple[int, ...]

    @property
    def last(self) -> Array:
        """The rows of the last steps."""
        rows: Array = self.ids[self.begins[1:] - 1]
        return rows

    def spread(self, values: Tensor) -> Tensor:
        """A number for each real step among zeros for the others, in the shape `grid`."""
        zeros = np.zeros(len(self.table._array), values.dtype)
        return reshape(index_add(zeros, 0, self.ids, values), self.grid)


def steps_of(op: str, input: TensorLike, lengths: TensorLike | None, batch_first: bool) -> Steps:
    """The steps of a batch, (T, N, D), (N, T, D) with `batch_first`, or (T, D)."""
    x = input if isinstance(input, Tensor) else Tensor(array(input))
    if x.ndim not in (2, 3):
        layout = "(N, T, D)" if batch_first else "(T, N, D)"
        raise ValueError(f"{op}: input must have shape {layout} or (T, D), got {x.shape}")
    if x.dtype.kind != "f":
        raise TypeError(f"{op}: input must have a float dtype, got {x.dtype}")
    alone = x.ndim == 2
    first = batch_first or alone
    n, t = (1, x.shape[0]) if alone else x.shape[:2] if first else x.shape[1::-1]
    grid = np.arange(n * t).reshape(n, t) if first else np.arange(n * t).reshape(t, n).T
    begins = np.zeros(n + 1, np.int64)
    if lengths is None:
        if t == 0 and n > 0:
            raise ValueError(f"{op}: input must have at least one step, got none")
        ids = grid.reshape(-1)
        begins[1:] = np.arange(1, n + 1) * t
    else:
        real = checked_lengths(op, lengths, n, t)
        ids = grid[np.arange(t) < real[:, None]]
        np.cumsum(real, out=begins[1:])
    d = x.shape[-1]
    return Steps(reshape(x, (n * t, d)), ids, begins, (d,) if alone else (n, d), x.shape[:-1])


def last_pooling(
    input: TensorLike, lengths: TensorLike | None = None, batch_first: bool = False
) -> Tensor:
    """The last step of each sequence: y[n] = x[lengths[n] - 1, n].

    Parameters
    ----------
    input
        x, (T, N, D), (N, T, D) with `batch_first`, or (T, D).
    lengths
        How many steps each sequence has, (N,), from 1 to T; None for T.
    batch_first
        Whether the batch is the first dimension.

    Returns
    -------
    Tensor
        y, (N, D), or (D,).

    Raises
    ------
    ValueError
        A length is no number of steps; the message names it.

    Examples
    --------
    >>> x = fastnn.tensor([[[1.0], [2.0], [3.0]], [[4.0], [5.0], [0.0]]])
    >>> F.last_pooling(x, fastnn.tensor([3, 2]), batch_first=True).tolist()
    [[3.0], [5.0]]
    """
    steps = steps_of("last_pooling", input, lengths, batch_first)
    return reshape(embedding(steps.last, steps.table), steps.shape)


def mean_pooling(
    input: TensorLike, lengths: TensorLike | None = None, batch_first: bool = False
) -> Tensor:
    """The mean of the steps of each sequence: y[n] = Σ_t x[t, n] / lengths[n].

    Arguments, result and errors are those of `last_pooling`.

    Examples
    --------
    >>> x = fastnn.tensor([[[1.0], [2.0], [3.0]], [[4.0], [5.0], [0.0]]])
    >>> F.mean_pooling(x, fastnn.tensor([3, 2]), batch_first=True).tolist()
    [[2.0], [4.5]]
    """
    return bags("mean", input, lengths, batch_first)


def max_pooling(
    input: TensorLike, lengths: TensorLike | None = None, batch_first: bool = False
) -> Tensor:
    """The maximum over the steps of each sequence, feature by feature: y[n] = max_t x[t, n].

    The gradient goes to the first of equal numbers.

    Arguments, result and errors are those of `last_pooling`.

    Examples
    --------
    >>> x = fastnn.tensor([[[1.0], [2.0], [3.0]], [[-4.0], [-5.0], [0.0]]])
    >>> F.max_pooling(x, fastnn.tensor([3, 2]), batch_first=True).tolist()
    [[3.0], [-4.0]]
    """
    return bags("max", input, lengths, batch_first)


def bags(mode: str, input: TensorLike, lengths: TensorLike | None, batch_first: bool) -> Tensor:
    """The mean or the maximum."""
    steps = steps_of(f"{mode}_pooling", input, lengths, batch_first)
    y = embedding_bag(steps.ids, steps.table, steps.begins, mode=mode, include_last_offset=True)
    return reshape(y, steps.shape)


def attention_pooling(
    input: TensorLike,
    scores: TensorLike,
    lengths: TensorLike | None = None,
    batch_first: bool = False,
) -> Tensor:
    """A mean of the steps of each sequence, weighted by the softmax of their scores.

    y[n] = Σ_t a[t, n] · x[t, n] with a[t, n] = exp(s[t, n]) / Σ_u exp(s[u, n]), where t and u run
    over the steps of the sequence.

    Parameters
    ----------
    input, lengths, batch_first
        As for `last_pooling`, and so are result and errors.
    scores
        s, (T, N), (N, T) with `batch_first`, or (T,).

    References
    ----------
    Yang et al., Hierarchical Attention Networks for Document Classification, NAACL 2016.

    Examples
    --------
    >>> x = fastnn.tensor([[1.0], [2.0], [3.0]])
    >>> F.attention_pooling(x, fastnn.tensor([0.0, 0.0, 100.0])).tolist()
    [3.0]
    """
    op = "attention_pooling"
    x = input if isinstance(input, Tensor) else Tensor(array(input))
    s = scores if isinstance(scores, Tensor) else Tensor(array(scores))
    steps = steps_of(op, x, lengths, batch_first)
    if s.shape != x.shape[:-1]:
        raise ValueError(
            f"{op}: scores must have shape {x.shape[:-1]} for this input, got {s.shape}"
        )
    some = reshape(embedding(steps.ids, reshape(s, (-1, 1))), (-1,))
    return reshape(weighted_mean(steps, some)[0], steps.shape)


def weighted_mean(steps: Steps, scores: Tensor) -> tuple[Tensor, Tensor]:
    """The mean weighted by the softmax of the scores of `steps.ids`, and the weights, a column."""
    begins = steps.begins
    column = scores._array.reshape(-1, 1)
    sequence = np.repeat(np.arange(len(begins) - 1), np.diff(begins))
    own = np.arange(len(column))
    # The largest score is taken off, which changes no weight and keeps exp in range.
    top = embedding_bag(own, column, begins, mode="max", include_last_offset=True)._array
    e = exp(sub(scores, top[sequence, 0]))
    total = embedding_bag(own, reshape(e, (-1, 1)), begins, mode="sum", include_last_offset=True)
    weights = div(e, reshape(embedding(sequence, total), (-1,)))
    y = embedding_bag(
        steps.ids,
        steps.table,
        begins,
        mode="sum",
        per_sample_weights=weights,
        include_last_offset=True,
    )
    return y, weights
