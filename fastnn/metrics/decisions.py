"""From predictions to decided classes, and to the samples that count."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from . import inputs
from .metric import Array, Metric

__all__: list[str] = []


class Decided(NamedTuple):
    """Classes of samples: predicted, true, and how much each sample counts."""

    predicted: Array
    target: Array
    weight: Array


class DecidingMetric(Metric):
    """A metric of decided classes: what its predictions may be.

    * labels: integers in the shape of the targets, (N, d...);
    * scores of classes: (N, C, d...), of which the highest decides, the first of equal ones;
      probabilities and logits decide alike;
    * where there are two classes, or labels that are each 0 or 1: probabilities in the shape of
      the targets, of which those of at least `threshold` decide for 1; with `logits`, their logits.
    """

    num_classes: int | None
    ignore_index: int | None
    threshold: float
    logits: bool
    multilabel: bool

    def _decide(
        self,
        num_classes: int | None,
        ignore_index: int | None,
        threshold: float,
        logits: bool,
        multilabel: bool,
    ) -> None:
        """Check and keep the settings."""
        if num_classes is not None:
            check_count(self, "num_classes", num_classes, 1 if multilabel else 2)
        if not 0 <= threshold <= 1:
            raise ValueError(f"{self.name}: threshold must be from 0 to 1, got {threshold}")
        self.num_classes, self.ignore_index = num_classes, ignore_index
        self.threshold, self.logits, self.multilabel = float(threshold), logits, multilabel

    def _decided(self, predictions: Any, targets: Any, weight: Any) -> Decided:
        """Samples (S,) of one class each, without those that are ignored."""
        owner = self.name
        given, target = numbers_and_labels(self, predictions, targets)
        classes = self.num_classes
        if given.ndim > target.ndim:
            rows = inputs.class_rows(owner, given, target)
            if classes not in (None, rows.shape[1]):
                raise ValueError(
                    f"{owner}: predictions must have {classes} classes, got {rows.shape[1]}"
                )
            classes, predicted = rows.shape[1], rows.argmax(1)
        else:
            inputs.check_shape(owner, given.shape, target)
            if given.dtype.kind == "f" and given.size:
                if classes not in (None, 2):
                    raise ValueError(
                        f"{owner}: predictions of {classes} classes must be labels or have shape "
                        f"(N, {classes}, d...), got floats of the shape of targets, {given.shape}"
                    )
                classes = 2
            predicted = self._thresholded(given).reshape(-1)
        each = inputs.weights(owner, weight, target.shape)
        kept = counted(target, self.ignore_index).reshape(-1)
        predicted, target = predicted[kept], target.reshape(-1)[kept]
        if classes is not None:
            inputs.check_range(owner, "targets", target, classes)
            inputs.check_range(owner, "predictions", predicted, classes)
        return Decided(predicted, target, each.reshape(-1)[kept])

    def _decided_labels(self, predictions: Any, targets: Any, weight: Any) -> Decided:
        """Samples (S, L), each of whose labels is 0 or 1; those ignored have the weight 0."""
        owner = self.name
        given, target = numbers_and_labels(self, predictions, targets)
        inputs.check_shape(owner, given.shape, target)
        predicted, target, each = label_rows(
            self, self.num_classes, self._thresholded(given), target, weight
        )
        kept = counted(target, self.ignore_index)
        inputs.check_range(owner, "targets", target[kept], 2)
        inputs.check_range(owner, "predictions", predicted, 2)
        return Decided(predicted, target * kept, each * kept)

    def _thresholded(self, given: Array) -> Array:
        if given.dtype.kind != "f":
            return given.astype(np.int64)
        p = inputs.probabilities(self.name, given, self.logits)
        return (p >= self.threshold).astype(np.int64)


def numbers_and_labels(owner: Metric, predictions: Any, targets: Any) -> tuple[Array, Array]:
    """The two arguments as arrays, the second of integers."""
    given = inputs.numbers(owner.name, "predictions", predictions)
    return given, inputs.labels(owner.name, "targets", targets)


def labelled_rows(
    owner: Metric, predictions: Any, targets: Any, weight: Any, ignore_index: int | None
) -> tuple[Array, Array, Array]:
    """Scores (S, C), classes (S,) and weights (S,) of the samples that count."""
    scores = inputs.numbers(owner.name, "predictions", predictions)
    target = inputs.labels(owner.name, "targets", targets)
    rows = inputs.class_rows(owner.name, scores, target)
    each = inputs.weights(owner.name, weight, target.shape).reshape(-1)
    kept = counted(target, ignore_index).reshape(-1)
    rows, target, each = rows[kept], target.reshape(-1)[kept], each[kept]
    inputs.check_range(owner.name, "targets", target, rows.shape[1])
    return rows, target, each


def label_rows(
    owner: Metric, size: int | None, given: Array, target: Array, weight: Any
) -> tuple[Array, Array, Array]:
    """Predictions, targets and weights of labels (N, L, d...) as rows (N * d..., L)."""
    if target.ndim < 2 or size not in (None, target.shape[1]):
        wanted = "L" if size is None else size
        raise ValueError(
            f"{owner.name}: targets must have shape (N, {wanted}, d...), got {target.shape}"
        )
    each = inputs.weights(owner.name, weight, target.shape)
    rows = [np.moveaxis(a, 1, -1).reshape(-1, a.shape[1]) for a in (given, target, each)]
    return rows[0], rows[1], rows[2]


def counted(target: Array, ignore_index: int | None) -> Array:
    """Which targets count."""
    return np.ones(target.shape, bool) if ignore_index is None else target != ignore_index


def check_count(owner: Metric, setting: str, value: Any, least: int) -> None:
    """Raise unless a setting is an integer of at least `least`."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{owner.name}: {setting} must be an integer, got {value!r}")
    if value < least:
        raise ValueError(f"{owner.name}: {setting} must be at least {least}, got {value}")


def check_choice(owner: Metric, setting: str, value: Any, choices: tuple[Any, ...]) -> None:
    """Raise ValueError unless a setting is one of several."""
    if value not in choices:
        names = ", ".join(map(repr, choices))
        raise ValueError(f"{owner.name}: {setting} must be one of {names}, got {value!r}")
