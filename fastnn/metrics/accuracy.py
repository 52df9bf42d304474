"""Shares of samples that are decided rightly."""

from __future__ import annotations

from typing import Any

import numpy as np

from .decisions import DecidingMetric, check_count, labelled_rows
from .metric import Metric, State

__all__ = ["Accuracy", "TopKAccuracy"]


class Accuracy(DecidingMetric):
    """The share of samples whose class is predicted: ``sum_i w_i [p_i = t_i] / sum_i w_i``.

    Where classes are unbalanced it says little: see ``Recall`` with ``average="macro"``, which is
    the balanced accuracy. As ``accuracy_score`` of scikit-learn.

    Parameters
    ----------
    num_classes
        Checked where given: labels then are 0 to ``num_classes - 1``. Default: any integers.
    ignore_index
        Targets of this value do not count. Default: none.
    threshold
        Where predictions are probabilities of 1, those of at least this decide for 1. Default: 0.5.
    logits
        Whether such predictions are logits. Default: False.
    multilabel
        Whether a sample has labels, each 0 or 1: predictions and targets (N, L, d...). It is right
        if all its labels are. Default: False, predictions (N, C, d...) or (N, d...) for targets
        (N, d...).

    Raises
    ------
    TypeError, ValueError
        Before anything is changed: if shapes do not fit, labels are no integers or out of range,
        predictions hold NaN, or there are no samples to compute a value from.

    Notes
    -----
    Memory: two numbers.

    Examples
    --------
    >>> accuracy = fastnn.metrics.Accuracy()
    >>> accuracy.update([[0.1, 2.0, 0.3], [1.0, 0.0, 0.5]], [1, 2])
    >>> accuracy.update([[0.0, 0.1, 0.9], [0.0, 0.8, 0.1]], [2, 1])
    >>> accuracy.compute()
    0.75
    """

    name = "accuracy"

    def __init__(
        self,
        num_classes: int | None = None,
        *,
        ignore_index: int | None = None,
        threshold: float = 0.5,
        logits: bool = False,
        multilabel: bool = False,
    ) -> None:
        self._decide(num_classes, ignore_index, threshold, logits, multilabel)
        super().__init__()

    def _empty(self) -> State:
        return {"correct": np.zeros(()), "weight": np.zeros(())}

    def _batch(self, predictions: Any, targets: Any, weight: Any) -> State:
        if self.multilabel:
            predicted, target, each = self._decided_labels(predictions, targets, weight)
            right = ((predicted == target) | (each == 0)).all(1)
            each = each.max(1, initial=0)
        else:
            predicted, target, each = self._decided(predictions, targets, weight)
            right = predicted == target
        return {"correct": each[right].sum(), "weight": each.sum()}

    def _value(self, state: State) -> float:
        return self._divided(state["correct"], state["weight"])


class TopKAccuracy(Metric):
    """The share of samples whose class is among the `k` with the highest scores.

    ``sum_i w_i [fewer than k classes are before t_i] / sum_i w_i``, where a class is before
    another if its score is higher, or equal and its number smaller: with ``k=1`` it is `Accuracy`.
    (``top_k_accuracy_score`` of scikit-learn puts the larger number first.)

    Parameters
    ----------
    k
        At least 1. Default: 5.
    ignore_index
        Targets of this value do not count. Default: none.

    Raises
    ------
    TypeError, ValueError
        As `Accuracy`; predictions are scores (N, C, d...) for targets (N, d...).

    Notes
    -----
    Memory: two numbers.

    Examples
    --------
    >>> top = fastnn.metrics.TopKAccuracy(2)
    >>> top([[0.5, 0.3, 0.2], [0.1, 0.4, 0.5]], [1, 0])
    0.5
    """

    name = "top_k_accuracy"

    def __init__(self, k: int = 5, *, ignore_index: int | None = None) -> None:
        check_count(self, "k", k, 1)
        self.k, self.ignore_index = k, ignore_index
        super().__init__()

    def _empty(self) -> State:
        return {"correct": np.zeros(()), "weight": np.zeros(())}

    def _batch(self, predictions: Any, targets: Any, weight: Any) -> State:
        rows, target, each = labelled_rows(self, predictions, targets, weight, self.ignore_index)
        own = rows[np.arange(len(rows)), target][:, None]
        earlier = np.arange(rows.shape[1]) < target[:, None]
        before = (rows > own) | ((rows == own) & earlier)
        return {"correct": each[before.sum(1) < self.k].sum(), "weight": each.sum()}

    def _value(self, state: State) -> float:
        return self._divided(state["correct"], state["weight"])
