"""Precision, recall, F-measures: from counts of each class."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np

from .averages import averaged, quotients
from .decisions import DecidingMetric, check_choice
from .metric import Array, State

__all__ = ["F1", "FBeta", "Precision", "Recall"]


class CountingMetric(DecidingMetric):
    """A quotient of each class's true positives, false positives and false negatives."""

    def __init__(
        self,
        num_classes: int = 2,
        *,
        average: str | None = "binary",
        zero_division: float = 0.0,
        ignore_index: int | None = None,
        threshold: float = 0.5,
        logits: bool = False,
        multilabel: bool = False,
    ) -> None:
        self._decide(num_classes, ignore_index, threshold, logits, multilabel)
        check_choice(self, "average", average, ("binary", "micro", "macro", "weighted", None))
        if average == "binary" and (num_classes != 2 or multilabel):
            raise ValueError(
                f'{self.name}: average="binary" is for two classes; for several choose "micro", '
                '"macro", "weighted" or None'
            )
        self._size, self.average = num_classes, average
        self.zero_division = float(zero_division)
        super().__init__()

    def _empty(self) -> State:
        return {key: np.zeros(self._size) for key in ("tp", "fp", "fn")}

    def _batch(self, predictions: Any, targets: Any, weight: Any) -> State:
        if self.multilabel:
            predicted, target, each = self._decided_labels(predictions, targets, weight)
            pairs = {"tp": predicted * target, "fp": predicted * (1 - target)}
            pairs["fn"] = (1 - predicted) * target
            return {key: (each * pair).sum(0) for key, pair in pairs.items()}
        predicted, target, each = self._decided(predictions, targets, weight)
        right = predicted == target
        return {
            "tp": self._summed(target[right], each[right]),
            "fp": self._summed(predicted[~right], each[~right]),
            "fn": self._summed(target[~right], each[~right]),
        }

    def _summed(self, classes: Array, each: Array) -> Array:
        return np.bincount(classes, each, self._size).astype(np.float64)

    def _value(self, state: State) -> Any:
        tp, fp, fn = state["tp"], state["fp"], state["fn"]
        if self.average == "micro":
            tp, fp, fn = (a.sum(keepdims=True) for a in (tp, fp, fn))
        values = quotients(*self._quotient(tp, fp, fn), self.zero_division)
        if self.average in ("binary", "micro"):
            return float(values[-1])
        return averaged(values, tp + fn, self.average)

    @abstractmethod
    def _quotient(self, tp: Array, fp: Array, fn: Array) -> tuple[Array, Array]:
        """What is above and what is below the line."""


class Precision(CountingMetric):
    """The share of the predictions of a class that are right: ``tp / (tp + fp)``.

    As ``precision_score(..., labels=range(num_classes))`` of scikit-learn: classes that never
    occur are in the average, with the value `zero_division`.

    Parameters
    ----------
    num_classes
        C, or L with `multilabel`. Default: 2.
    average
        "binary": the value of class 1; "micro": of the counts of all classes together; "macro": the
        mean over classes; "weighted": weighted by how often each is the target; None: an array
        (C,). Default: "binary".
    zero_division
        The value where nothing is below the line: 0, 1 or NaN, which an average leaves out.
        Default: 0.
    ignore_index
        Targets of this value do not count. Default: none.
    threshold
        Where predictions are probabilities of 1, those of at least this decide for 1. Default: 0.5.
    logits
        Whether such predictions are logits. Default: False.
    multilabel
        Whether a sample has labels, each 0 or 1: predictions and targets (N, L, d...). Default:
        False, predictions (N, C, d...) or labels (N, d...) for targets (N, d...).

    Raises
    ------
    TypeError, ValueError
        Before anything is changed: if shapes do not fit, labels are no integers or out of range, or
        predictions hold NaN.

    Notes
    -----
    Memory: three numbers for each class. Without any sample the value is `zero_division`.

    Examples
    --------
    >>> precision = fastnn.metrics.Precision(3, average=None)
    >>> precision([0, 0, 1, 2], [0, 1, 1, 1])
    array([0.5, 1. , 0. ])
    >>> fastnn.metrics.Precision(threshold=0.7)([0.9, 0.8, 0.6], [1, 0, 1])
    0.5
    """

    name = "precision"

    def _quotient(self, tp: Array, fp: Array, fn: Array) -> tuple[Array, Array]:
        return tp, tp + fp


class Recall(CountingMetric):
    """The share of the samples of a class that are found: ``tp / (tp + fn)``.

    With ``average="macro"`` it is the balanced accuracy. As ``recall_score`` of scikit-learn.
    Parameters, errors and memory: see `Precision`.

    Examples
    --------
    >>> recall = fastnn.metrics.Recall(3, average="macro", zero_division=np.nan)
    >>> recall([0, 0, 1, 1], [0, 1, 1, 1])  # of class 2 there is none
    0.8333333333333333
    """

    name = "recall"

    def _quotient(self, tp: Array, fp: Array, fn: Array) -> tuple[Array, Array]:
        return tp, tp + fn


class FBeta(CountingMetric):
    """The F-measure, in which recall counts `beta` times as much as precision.

    ``(1 + beta**2) tp / ((1 + beta**2) tp + beta**2 fn + fp)``, the harmonic mean of precision and
    recall with weights 1 and ``beta**2`` (van Rijsbergen, Information Retrieval, 1979). As
    ``fbeta_score`` of scikit-learn.

    Parameters
    ----------
    num_classes
        See `Precision`, as all others.
    beta
        At least 0. Default: 1.

    Examples
    --------
    >>> f2 = fastnn.metrics.FBeta(beta=2.0)
    >>> f2([0, 1, 0, 1], [0, 1, 1, 1])
    0.7142857142857143
    """

    name = "f_beta"

    def __init__(self, num_classes: int = 2, *, beta: float = 1.0, **settings: Any) -> None:
        if not 0 <= beta < float("inf"):
            raise ValueError(f"{self.name}: beta must be finite and at least 0, got {beta}")
        self.beta = float(beta)
        super().__init__(num_classes, **settings)

    def _quotient(self, tp: Array, fp: Array, fn: Array) -> tuple[Array, Array]:
        square = self.beta**2
        return (1 + square) * tp, (1 + square) * tp + square * fn + fp


class F1(FBeta):
    """The harmonic mean of precision and recall: ``2 tp / (2 tp + fp + fn)``.

    As ``f1_score`` of scikit-learn. Parameters, errors and memory: see `Precision`.

    Examples
    --------
    >>> f1 = fastnn.metrics.F1(3, average="macro")
    >>> f1([0, 1, 2, 2], [0, 1, 1, 2])
    0.7777777777777777
    """

    name = "f1"

    def __init__(self, num_classes: int = 2, **settings: Any) -> None:
        super().__init__(num_classes, beta=1.0, **settings)
