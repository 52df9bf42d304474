"""Whether probabilities are the shares that come true."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from . import inputs
from .decisions import check_choice, check_count, counted, labelled_rows, numbers_and_labels
from .extras import axes
from .metric import Array, Metric, State

__all__ = ["CalibrationError"]


class ReliabilityPoints(NamedTuple):
    """Of each bin with samples: mean confidence, share that is right, and weight of the samples."""

    confidence: Array
    accuracy: Array
    weight: Array


class CalibrationError(Metric):
    """How far confidence is from accuracy: ``sum_b W_b / W |accuracy_b - confidence_b|``.

    Confidences are put into equal bins, each with the upper of its edges, as ``calibration_curve``
    of scikit-learn does. With predictions (N, C, d...) the confidence is the highest probability
    and right is who is that class (Naeini, Cooper and Hauskrecht, 2015; Guo, Pleiss, Sun and
    Weinberger, 2017); with predictions of the shape of the targets it is the probability of 1, and
    right is a 1.

    Parameters
    ----------
    num_bins
        At least 1. Default: 15.
    norm
        "l1": the expected error above; "max": the largest of a bin. Default: "l1".
    logits
        Whether predictions are logits, not probabilities. Default: False.
    ignore_index
        Targets of this value do not count. Default: none.

    Raises
    ------
    TypeError, ValueError
        Before anything is changed: if shapes do not fit, targets are out of range, or predictions
        are no probabilities; if there are no samples to compute from.

    Notes
    -----
    Memory: three numbers for each bin.

    Examples
    --------
    >>> error = fastnn.metrics.CalibrationError(num_bins=5)
    >>> round(error([0.9, 0.9, 0.9, 0.1], [1, 1, 0, 0]), 4)
    0.2
    >>> error.curve().accuracy.round(3)
    array([0.   , 0.667])
    """

    name = "calibration_error"

    def __init__(
        self,
        num_bins: int = 15,
        *,
        norm: str = "l1",
        logits: bool = False,
        ignore_index: int | None = None,
    ) -> None:
        check_count(self, "num_bins", num_bins, 1)
        check_choice(self, "norm", norm, ("l1", "max"))
        self.num_bins, self.norm, self.logits = num_bins, norm, logits
        self.ignore_index = ignore_index
        super().__init__()

    def _empty(self) -> State:
        return {key: np.zeros(self.num_bins) for key in ("confidence", "correct", "weight")}

    def _batch(self, predictions: Any, targets: Any, weight: Any) -> State:
        given, target = numbers_and_labels(self, predictions, targets)
        if given.ndim == target.ndim + 1:
            rows, target, each = labelled_rows(self, given, target, weight, self.ignore_index)
            rows = inputs.class_probabilities(self.name, rows, self.logits)
            confidence, correct = rows.max(1), rows.argmax(1) == target
        else:
            inputs.check_shape(self.name, given.shape, target)
            each = inputs.weights(self.name, weight, target.shape)
            kept = counted(target, self.ignore_index)
            correct, each = target[kept], each[kept]
            inputs.check_range(self.name, "targets", correct, 2)
            confidence = inputs.probabilities(self.name, given[kept], self.logits)
        edges = np.linspace(0, 1, self.num_bins + 1)[1:-1]
        place = np.searchsorted(edges, confidence)
        sums = {"confidence": each * confidence, "correct": each * correct, "weight": each}
        return {
            key: np.bincount(place, value, self.num_bins).astype(np.float64)
            for key, value in sums.items()
        }

    def _value(self, state: State) -> float:
        confidence, accuracy, weight = self._points(state)
        gaps = abs(accuracy - confidence)
        return float(gaps.max() if self.norm == "max" else gaps @ weight / weight.sum())

    def curve(self) -> ReliabilityPoints:
        """The reliability curve: a point for each bin that has samples."""
        return self._points(self._total())

    def _points(self, state: State) -> ReliabilityPoints:
        weight = state["weight"]
        self._positive(weight.sum())
        some = weight > 0
        weight = weight[some]
        confidence, correct = state["confidence"][some], state["correct"][some]
        return ReliabilityPoints(confidence / weight, correct / weight, weight)

    def plot(self, ax: Any = None) -> Any:
        """Draw the reliability diagram with Matplotlib: accuracy of each bin by confidence.

        Below the diagonal a model is too sure. Pale bars are the shares of samples in each bin.

        Parameters
        ----------
        ax
            Axes to draw in. Default: those of a new figure.

        Returns
        -------
        matplotlib.axes.Axes
        """
        error = self.compute()
        confidence, accuracy, weight = self.curve()
        shares = self._total()["weight"] / weight.sum()
        ax = axes(self, ax)
        wide = 1 / self.num_bins
        left = np.arange(self.num_bins) * wide
        ax.bar(left, shares, wide, align="edge", color="lightgray", label="share of samples")
        ax.plot([0, 1], [0, 1], "--", color="gray", linewidth=1)
        text = "largest error" if self.norm == "max" else "ECE"
        ax.plot(confidence, accuracy, "o-", label=f"accuracy, {text} {error:.3f}")
        ax.set(xlabel="confidence", ylabel="accuracy", xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
        ax.set_aspect("equal")
        ax.legend(fontsize="small", loc="upper left")
        return ax
