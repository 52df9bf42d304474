"""What scores are kept of, for metrics over all thresholds: the samples, or counts in bins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from . import inputs
from .decisions import check_count, counted, label_rows, labelled_rows, numbers_and_labels
from .metric import Array, Metric, State

__all__: list[str] = []


class Scored(NamedTuple):
    """Scores of a class, whether it is the true one, and how much each counts: all (S,)."""

    truth: Array
    score: Array
    weight: Array

    @property
    def both(self) -> bool:
        """Whether there are samples of the class and others."""
        return bool(self.truth.any() and not self.truth.all())


class ScoreMetric(Metric):
    """A metric of scores, which keeps them or counts them in bins.

    Of two classes one score is kept, that of class 1; of C classes or labels one score of each.
    """

    def __init__(
        self,
        num_classes: int = 2,
        *,
        logits: bool = False,
        multilabel: bool = False,
        ignore_index: int | None = None,
        bins: int | None = None,
        max_samples: int = 10_000_000,
    ) -> None:
        check_count(self, "num_classes", num_classes, 1 if multilabel else 2)
        check_count(self, "max_samples", max_samples, 1)
        if bins is not None:
            check_count(self, "bins", bins, 2)
        self.num_classes, self.logits, self.multilabel = num_classes, logits, multilabel
        self.ignore_index, self.bins, self.max_samples = ignore_index, bins, max_samples
        self._size = 1 if num_classes == 2 and not multilabel else num_classes
        self._joins_late = bins is None
        super().__init__()

    def _empty(self) -> State:
        if self.bins is not None:
            return {key: np.zeros((self._size, self.bins)) for key in ("positive", "negative")}
        return {key: np.zeros((0, self._size)) for key in ("truth", "score", "weight")}

    def _batch(self, predictions: Any, targets: Any, weight: Any) -> State:
        read = self._label_scores if self.multilabel else self._class_scores
        truth, score, each = read(predictions, targets, weight)
        if self.bins is None:
            inputs.check_finite(self.name, "predictions", score)
            kept = each.any(1)
            return {"truth": truth[kept], "score": score[kept], "weight": each[kept]}
        score = inputs.probabilities(self.name, score, False)
        place = np.minimum((score * self.bins).astype(np.int64), self.bins - 1)
        place += np.arange(self._size) * self.bins
        state = {}
        for key, side in (("positive", truth), ("negative", 1 - truth)):
            counts = np.bincount(place.ravel(), (side * each).ravel(), self._size * self.bins)
            state[key] = counts.astype(np.float64).reshape(self._size, self.bins)
        return state

    def _class_scores(self, predictions: Any, targets: Any, weight: Any) -> tuple[Array, ...]:
        """Truth, scores and weights (S, 1) of two classes or (S, C) of several."""
        owner = self.name
        given, target = numbers_and_labels(self, predictions, targets)
        if self.num_classes == 2 and given.shape == target.shape:
            each = inputs.weights(owner, weight, target.shape)
            kept = counted(target, self.ignore_index)
            target, each, score = target[kept], each[kept], given[kept].astype(np.float64)
            inputs.check_range(owner, "targets", target, 2)
            inputs.check_not_nan(owner, score)
            if self.logits:
                score = inputs.probabilities(owner, score, True)
            return target[:, None].astype(np.float64), score[:, None], each[:, None]
        rows, target, each = labelled_rows(self, given, target, weight, self.ignore_index)
        if rows.shape[1] != self.num_classes:
            raise ValueError(
                f"{owner}: predictions must have {self.num_classes} classes, got {rows.shape[1]}"
            )
        if self.logits:
            rows = inputs.class_probabilities(owner, rows, True)
        truth = (target[:, None] == np.arange(self.num_classes)).astype(np.float64)
        score = rows.astype(np.float64)
        first = self.num_classes - self._size
        return truth[:, first:], score[:, first:], np.repeat(each[:, None], self._size, 1)

    def _label_scores(self, predictions: Any, targets: Any, weight: Any) -> tuple[Array, ...]:
        """Truth, scores and weights (S, L); labels that are ignored have the weight 0."""
        owner = self.name
        given, target = numbers_and_labels(self, predictions, targets)
        inputs.check_shape(owner, given.shape, target)
        score, target, each = label_rows(self, self.num_classes, given, target, weight)
        kept = counted(target, self.ignore_index)
        inputs.check_range(owner, "targets", target[kept], 2)
        inputs.check_not_nan(owner, score)
        if self.logits:
            score = inputs.probabilities(owner, score, True)
        return (target * kept).astype(np.float64), score.astype(np.float64), each * kept

    def _classes(self, state: State) -> list[Scored]:
        """The samples of each class, without those of weight 0."""
        if self.bins is None:
            columns = [[state[k][:, c] for k in state] for c in range(self._size)]
        else:
            middle = np.tile((np.arange(self.bins) + 0.5) / self.bins, 2)
            truth = np.repeat([1.0, 0.0], self.bins)
            columns = [
                [truth, middle, np.concatenate([state["positive"][c], state["negative"][c]])]
                for c in range(self._size)
            ]
        return [
            Scored(*(a[weight > 0] for a in (truth, score, weight)))
            for truth, score, weight in columns
        ]

    def _joined(self, states: Sequence[State]) -> State:
        if self.bins is not None:
            return super()._joined(states)
        return {key: np.concatenate([s[key] for s in states]) for key in states[0]}

    def _take(self, state: State) -> None:
        if self.bins is None:
            total = sum(len(s["score"]) for s in [*self._states, state])
            if total > self.max_samples:
                raise ValueError(
                    f"{self.name}: keeps at most max_samples={self.max_samples} samples, got "
                    f"{total}; for a curve in bounded memory set bins"
                )
        super()._take(state)

    def _check_state(self, state: State) -> None:
        if self.bins is not None or set(state) != set(self._empty()):
            return super()._check_state(state)
        shapes = {value.shape for value in state.values()}
        if shapes != {(len(state["score"]), self._size)}:
            raise ValueError(
                f"{self.name}: load_state_dict expects arrays of one shape (S, {self._size}), "
                f"got {sorted(shapes)}"
            )
