"""Running means of losses, and the perplexity."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import ops
from . import inputs
from .decisions import counted, labelled_rows
from .metric import Metric, State

__all__ = ["MeanLoss", "Perplexity"]


class Perplexity(Metric):
    """The exponential of the mean negative log-likelihood: ``exp(-sum_i w_i log p_i / sum_i w_i)``.

    ``p_i`` is the probability of target i. A model that chooses among V tokens by chance has V;
    a target of probability 0 makes it infinite (Jelinek, Mercer, Bahl and Baker, 1977).

    Parameters
    ----------
    logits
        Whether predictions are logits, as for `cross_entropy`, or probabilities. Default: True.
    ignore_index
        Targets of this value do not count. Default: -100, as for `cross_entropy`.

    Raises
    ------
    TypeError, ValueError
        Before anything is changed: unless predictions have shape (N, C, d...) for targets
        (N, d...) and are finite logits, or probabilities; if targets are out of range; if there
        are no samples to compute from.

    Notes
    -----
    Memory: two numbers.

    Examples
    --------
    >>> perplexity = fastnn.metrics.Perplexity(logits=False)
    >>> perplexity([[0.5, 0.25, 0.25], [0.5, 0.25, 0.25]], [1, 2])
    4.0
    """

    name = "perplexity"

    def __init__(self, *, logits: bool = True, ignore_index: int | None = -100) -> None:
        self.logits, self.ignore_index = logits, ignore_index
        super().__init__()

    def _empty(self) -> State:
        return {"loss": np.zeros(()), "weight": np.zeros(())}

    def _batch(self, predictions: Any, targets: Any, weight: Any) -> State:
        rows, target, each = labelled_rows(self, predictions, targets, weight, self.ignore_index)
        own = np.arange(len(rows)), target
        if self.logits:
            inputs.check_finite(self.name, "predictions", rows)
            losses = -ops.log_softmax(rows.astype(np.float64), 1).numpy()[own]
        else:
            p = inputs.class_probabilities(self.name, rows, False)[own]
            losses = np.where(p > 0, -np.log(np.where(p > 0, p, 1)), np.inf)
        some = each > 0  # 0 times infinity would be NaN
        return {"loss": each[some] @ losses[some], "weight": each.sum()}

    def _value(self, state: State) -> float:
        with np.errstate(over="ignore"):
            return float(np.exp(self._divided(state["loss"], state["weight"])))


class MeanLoss(Metric):
    """The mean of the losses of batches of different sizes: ``sum_b n_b loss_b / sum_b n_b``.

    ``update(loss, targets)`` takes the mean loss of a batch, which counts as often as there are
    targets, or the losses of all targets. ``update(losses)`` takes losses that count once each.

    Parameters
    ----------
    ignore_index
        Targets of this value do not count. Default: -100, as for `cross_entropy`.

    Raises
    ------
    TypeError, ValueError
        If losses are no numbers, or their shape is neither that of the targets nor of one number.
        NaN and infinity are losses that may happen, and stay.

    Notes
    -----
    Memory: two numbers.

    Examples
    --------
    >>> loss = fastnn.metrics.MeanLoss()
    >>> loss.update(0.5, targets=[0, 1, 1])
    >>> loss.update(0.1, targets=[0])
    >>> loss.compute()
    0.4
    """

    name = "loss"

    def __init__(self, *, ignore_index: int | None = -100) -> None:
        self.ignore_index = ignore_index
        super().__init__()

    def update(self, predictions: Any, targets: Any = None, weight: Any = None) -> None:
        """Take the loss or the losses of a batch."""
        super().update(predictions, targets, weight)

    def __call__(self, predictions: Any, targets: Any = None, weight: Any = None) -> Any:
        """Take the loss or the losses of a batch, and return their mean."""
        return super().__call__(predictions, targets, weight)

    def _empty(self) -> State:
        return {"loss": np.zeros(()), "weight": np.zeros(())}

    def _batch(self, predictions: Any, targets: Any, weight: Any) -> State:
        losses = inputs.array_of(self.name, "losses", predictions)
        single = losses.ndim == 0
        losses = np.atleast_1d(losses)
        if targets is None:
            each = inputs.weights(self.name, weight, losses.shape)
        else:
            target = inputs.numbers(self.name, "targets", targets)
            if not single:
                inputs.check_shape(self.name, losses.shape, target)
            each = inputs.weights(self.name, weight, target.shape)
            each = each * counted(target, self.ignore_index)
        total = each.sum()
        if single:
            each = total[None]
        some = each > 0
        return {"loss": each[some] @ losses[some], "weight": total}

    def _value(self, state: State) -> float:
        return self._divided(state["loss"], state["weight"])
