"""Curves over all thresholds of a score, and the areas below them."""

from __future__ import annotations

import warnings
from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from .averages import averaged
from .decisions import check_choice
from .extras import axes, scikit_learn
from .metric import Array, State
from .scores import Scored, ScoreMetric

__all__ = ["AUROC", "ROC", "AveragePrecision", "PrecisionRecallCurve"]


class ROCPoints(NamedTuple):
    """Rates, and the thresholds at which they are reached, from the highest."""

    false_positive_rate: Array
    true_positive_rate: Array
    thresholds: Array


class PrecisionRecallPoints(NamedTuple):
    """Precisions and recalls, with a last 1 and 0, and the thresholds of the others."""

    precision: Array
    recall: Array
    thresholds: Array


class CurveMetric(ScoreMetric):
    """A curve of two classes, or of each class against the others, and the area below it."""

    @abstractmethod
    def _points(self, scored: Scored) -> tuple[Array, Array, Array]:
        """The points of a curve."""

    @abstractmethod
    def _area(self, scored: Scored) -> float:
        """The area below a curve."""

    def _each(self, state: State) -> list[Scored]:
        """The samples of each class; ValueError if there are none."""
        classes = self._classes(state)
        self._positive(sum(scored.weight.sum() for scored in classes))
        return classes

    def _curves(self, state: State) -> Any:
        """Points of two classes, or a list of the points of each class."""
        with warnings.catch_warnings():  # about rates of no samples
            warnings.simplefilter("ignore")
            points = [self._points(scored) for scored in self._each(state)]
        return points[0] if self._size == 1 else points

    def _areas(self, state: State, average: str | None) -> Any:
        classes = self._each(state)
        areas = np.array([self._area(scored) for scored in classes])
        if self._size == 1:
            return float(areas[0])
        if average is not None and np.isnan(areas).any():
            return float("nan")
        support = np.array([scored.weight @ scored.truth for scored in classes])
        return averaged(areas, support, average)

    def _draw(self, ax: Any, names: Sequence[str] | None, words: tuple[str, str, str]) -> Any:
        """Draw the curve of each class; `words` for the axes and the area."""
        x_label, y_label, area = words
        size = self._size
        if names is not None and len(names) != size:
            raise ValueError(f"{self.name}: expected {size} class_names, got {len(names)}")
        state = self._total()
        points = self._curves(state)
        areas = np.atleast_1d(self._areas(state, None))
        ax = axes(self, ax)
        for c, (points_of_class, value) in enumerate(zip([points] if size == 1 else points, areas)):
            x, y, stepped = self._line(points_of_class)
            own = names[c] if names is not None else "" if size == 1 else f"class {c}"
            text = f"{own}, {area} {value:.3f}" if own else f"{area} {value:.3f}"
            ax.plot(x, y, label=text, drawstyle="steps-pre" if stepped else "default")
        ax.set(xlabel=x_label, ylabel=y_label, xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
        ax.set_aspect("equal")
        ax.grid(alpha=0.3)
        if size <= 12:
            ax.legend(fontsize="small")
        return ax

    @abstractmethod
    def _line(self, points: Any) -> tuple[Array, Array, bool]:
        """What is drawn from left to right and from below, and whether in steps."""


class ROC(CurveMetric):
    """The receiver operating characteristic: rates of true and of false positives by threshold.

    ``tpr(s) = P(score >= s | 1)``, ``fpr(s) = P(score >= s | 0)``, as ``roc_curve`` of
    scikit-learn, which does the arithmetic (Fawcett, An introduction to ROC analysis, 2006).
    Without samples of a class its rates are NaN.

    Parameters
    ----------
    num_classes
        2: one curve, of class 1; more: one of each class against all others, from predictions
        (N, C, d...). L with `multilabel`. Default: 2, predictions (N, d...) or (N, 2, d...) for
        targets (N, d...).
    logits
        Whether predictions are logits, which a sigmoid or a softmax makes probabilities. Scores of
        any range need none, as only their order counts. Default: False.
    multilabel
        Whether a sample has labels, each 0 or 1: predictions and targets (N, L, d...).
        Default: False.
    ignore_index
        Targets of this value do not count. Default: none.
    bins
        Count probabilities in so many equal bins, instead of keeping all scores. The curve then has
        a point for each bin, and an area is off by at most the share of pairs of a 0 and a 1 that
        fall into one bin, divided by two. Default: None, exact.
    max_samples
        How many samples are kept at most without bins; more are an error. Default: 10 000 000.

    Returns
    -------
    ROCPoints
        Of `compute`: ``false_positive_rate``, ``true_positive_rate``, ``thresholds``, three arrays;
        of several classes a list of them.

    Raises
    ------
    TypeError, ValueError
        Before anything is changed: if shapes do not fit, targets are no integers or out of range,
        scores are not finite, or with bins not from 0 to 1; if there are too many samples; if there
        are none to compute from.
    ImportError
        From `compute`, without scikit-learn.

    Notes
    -----
    Memory: three numbers of each sample and class, or two of each bin and class.

    Examples
    --------
    >>> roc = fastnn.metrics.ROC()
    >>> points = roc([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])
    >>> points.false_positive_rate, points.true_positive_rate
    (array([0. , 0. , 0.5, 0.5, 1. ]), array([0. , 0.5, 0.5, 1. , 1. ]))
    """

    name = "roc"

    def _value(self, state: State) -> Any:
        return self._curves(state)

    def _points(self, scored: Scored) -> ROCPoints:
        truth, score, weight = scored
        found = scikit_learn(self).roc_curve(truth, score, pos_label=1, sample_weight=weight)
        return ROCPoints(*found)

    def _area(self, scored: Scored) -> float:
        if not scored.both:
            return float("nan")
        truth, score, weight = scored
        return float(scikit_learn(self).roc_auc_score(truth, score, sample_weight=weight))

    def _line(self, points: ROCPoints) -> tuple[Array, Array, bool]:
        return points.false_positive_rate, points.true_positive_rate, False

    def plot(self, ax: Any = None, *, class_names: Sequence[str] | None = None) -> Any:
        """Draw the curves with Matplotlib, and the diagonal, where chance is.

        Parameters
        ----------
        ax
            Axes to draw in. Default: those of a new figure.
        class_names
            A name for each curve. Default: numbers.

        Returns
        -------
        matplotlib.axes.Axes
        """
        words = ("false positive rate", "true positive rate", "AUROC")
        ax = self._draw(ax, class_names, words)
        ax.plot([0, 1], [0, 1], "--", color="gray", linewidth=1, zorder=1)
        return ax


class AUROC(ROC):
    """The area below the `ROC`: the chance that a sample of the class scores above one that is not.

    ``P(s_1 > s_0) + P(s_1 = s_0) / 2``, as ``roc_auc_score`` of scikit-learn, with
    ``multi_class="ovr"`` for several classes. NaN where a class has all samples or none.

    Parameters
    ----------
    num_classes
        See `ROC`, as other parameters, errors and memory.
    average
        Of several classes or labels: "macro", the mean; "weighted" by how often each is the target;
        None, an array (C,). NaN if the area of a class is NaN. Default: "macro".

    Examples
    --------
    >>> auroc = fastnn.metrics.AUROC()
    >>> auroc.update([0.1, 0.4], [0, 0])
    >>> auroc.update([0.35, 0.8], [1, 1])
    >>> auroc.compute()
    0.75
    """

    name = "auroc"

    def __init__(
        self, num_classes: int = 2, *, average: str | None = "macro", **settings: Any
    ) -> None:
        check_choice(self, "average", average, ("macro", "weighted", None))
        self.average = average
        super().__init__(num_classes, **settings)

    def _value(self, state: State) -> Any:
        return self._areas(state, self.average)


class PrecisionRecallCurve(CurveMetric):
    """Precision and recall by threshold, which is better than `ROC` where few samples are 1.

    As ``precision_recall_curve`` of scikit-learn, which does the arithmetic. Without samples of the
    class its recall is 1. Parameters, errors and memory: see `ROC`.

    Returns
    -------
    PrecisionRecallPoints
        Of `compute`: ``precision`` and ``recall``, one longer than ``thresholds``; of several
        classes a list of them.

    Examples
    --------
    >>> curve = fastnn.metrics.PrecisionRecallCurve()
    >>> curve([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]).recall
    array([1. , 1. , 0.5, 0.5, 0. ])
    """

    name = "precision_recall_curve"

    def _value(self, state: State) -> Any:
        return self._curves(state)

    def _points(self, scored: Scored) -> PrecisionRecallPoints:
        truth, score, weight = scored
        curve = scikit_learn(self).precision_recall_curve
        return PrecisionRecallPoints(*curve(truth, score, pos_label=1, sample_weight=weight))

    def _area(self, scored: Scored) -> float:
        truth, score, weight = scored
        if not truth.any():
            return 0.0
        return float(scikit_learn(self).average_precision_score(truth, score, sample_weight=weight))

    def _line(self, points: PrecisionRecallPoints) -> tuple[Array, Array, bool]:
        return points.recall[::-1], points.precision[::-1], True

    def plot(self, ax: Any = None, *, class_names: Sequence[str] | None = None) -> Any:
        """Draw the curves with Matplotlib. See `ROC.plot`."""
        return self._draw(ax, class_names, ("recall", "precision", "AP"))


class AveragePrecision(PrecisionRecallCurve):
    """The area below the `PrecisionRecallCurve`, in steps: ``sum_n (R_n - R_(n-1)) P_n``.

    As ``average_precision_score`` of scikit-learn; 0 where no sample is of the class. A classifier
    by chance has the share of samples that are 1.

    Parameters
    ----------
    num_classes
        See `ROC`, as other parameters, errors and memory.
    average
        See `AUROC`.

    Examples
    --------
    >>> precision = fastnn.metrics.AveragePrecision()
    >>> round(precision([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]), 4)
    0.8333
    """

    name = "average_precision"

    def __init__(
        self, num_classes: int = 2, *, average: str | None = "macro", **settings: Any
    ) -> None:
        check_choice(self, "average", average, ("macro", "weighted", None))
        self.average = average
        super().__init__(num_classes, **settings)

    def _value(self, state: State) -> Any:
        return self._areas(state, self.average)
