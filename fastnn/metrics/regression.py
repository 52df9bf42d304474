"""Errors of predicted numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from . import inputs
from .metric import Array, Metric, State

__all__ = ["R2", "MeanAbsoluteError", "MeanSquaredError", "RootMeanSquaredError"]


class ErrorMetric(Metric):
    """A metric of numbers and of predictions of the same shape, each element a sample."""

    def _numbers(self, predictions: Any, targets: Any, weight: Any) -> tuple[Array, Array, Array]:
        """Predictions, targets and weights, (S,)."""
        given = inputs.numbers(self.name, "predictions", predictions).astype(np.float64)
        target = inputs.numbers(self.name, "targets", targets).astype(np.float64)
        inputs.check_shape(self.name, given.shape, target)
        inputs.check_finite(self.name, "predictions", given)
        inputs.check_finite(self.name, "targets", target)
        each = inputs.weights(self.name, weight, target.shape)
        return given.reshape(-1), target.reshape(-1), each.reshape(-1)


class MeanSquaredError(ErrorMetric):
    """The mean square of the errors: ``sum_i w_i (p_i - t_i)**2 / sum_i w_i``.

    As ``mean_squared_error`` of scikit-learn.

    Raises
    ------
    TypeError, ValueError
        Before anything is changed: if predictions and targets are no finite numbers of the same
        shape, (N, d...), or if there are no samples to compute a value from.

    Notes
    -----
    Memory: two numbers.

    Examples
    --------
    >>> error = fastnn.metrics.MeanSquaredError()
    >>> error([1.0, 2.0, 3.0], [1.0, 0.0, 4.0])
    1.6666666666666667
    """

    name = "mean_squared_error"

    def _empty(self) -> State:
        return {"error": np.zeros(()), "weight": np.zeros(())}

    def _batch(self, predictions: Any, targets: Any, weight: Any) -> State:
        given, target, each = self._numbers(predictions, targets, weight)
        with np.errstate(over="ignore"):  # the mean is then infinite
            return {"error": each @ (given - target) ** 2, "weight": each.sum()}

    def _value(self, state: State) -> float:
        return self._divided(state["error"], state["weight"])


class RootMeanSquaredError(MeanSquaredError):
    """The root of `MeanSquaredError`, in the unit of the targets.

    As ``root_mean_squared_error`` of scikit-learn, over all elements.

    Examples
    --------
    >>> error = fastnn.metrics.RootMeanSquaredError()
    >>> error([1.0, 2.0], [4.0, 6.0])
    3.5355339059327378
    """

    name = "root_mean_squared_error"

    def _value(self, state: State) -> float:
        return float(np.sqrt(super()._value(state)))


class MeanAbsoluteError(MeanSquaredError):
    """The mean size of the errors: ``sum_i w_i |p_i - t_i| / sum_i w_i``.

    As ``mean_absolute_error`` of scikit-learn. Errors and memory: see `MeanSquaredError`.

    Examples
    --------
    >>> error = fastnn.metrics.MeanAbsoluteError()
    >>> error([1.0, 2.0, 3.0], [1.0, 0.0, 4.0])
    1.0
    """

    name = "mean_absolute_error"

    def _batch(self, predictions: Any, targets: Any, weight: Any) -> State:
        given, target, each = self._numbers(predictions, targets, weight)
        return {"error": each @ abs(given - target), "weight": each.sum()}


class R2(ErrorMetric):
    """The share of the targets' variance that is explained.

    ``1 - sum_i w_i (p_i - t_i)**2 / sum_i w_i (t_i - mean(t))**2``. Of constant targets it is 1
    where all predictions are exact, else 0; of fewer than two samples it is NaN: as ``r2_score``
    of scikit-learn. Variances of batches are added by the formula of Chan, Golub and LeVeque
    (1979), which is exact where a mean is large beside the variance. Errors: see
    `MeanSquaredError`.

    Notes
    -----
    Memory: five numbers.

    Examples
    --------
    >>> r2 = fastnn.metrics.R2()
    >>> r2([2.5, 0.0, 2.0, 8.0], [3.0, -0.5, 2.0, 7.0])
    0.9486081370449679
    """

    name = "r2"

    def _empty(self) -> State:
        return {k: np.zeros(()) for k in ("error", "mean", "squares", "weight", "count")}

    def _batch(self, predictions: Any, targets: Any, weight: Any) -> State:
        given, target, each = self._numbers(predictions, targets, weight)
        total = each.sum()
        mean = each @ target / total if total > 0 else np.zeros(())
        return {
            "error": each @ (given - target) ** 2,
            "mean": mean,
            "squares": each @ (target - mean) ** 2,
            "weight": total,
            "count": np.array(float(len(target))),
        }

    def _joined(self, states: Sequence[State]) -> State:
        joined = super()._joined(states)
        total = joined["weight"]
        if total > 0:
            first = states[0]["mean"]  # weights of means near each other lose nothing
            joined["mean"] = first + sum(s["weight"] * (s["mean"] - first) for s in states) / total
            joined["squares"] += sum(
                s["weight"] * (s["mean"] - joined["mean"]) ** 2 for s in states
            )
        return joined

    def _value(self, state: State) -> float:
        self._positive(state["weight"])
        if state["count"] < 2:
            return float("nan")
        if state["squares"] == 0:
            return float(state["error"] == 0)
        return float(1 - state["error"] / state["squares"])
