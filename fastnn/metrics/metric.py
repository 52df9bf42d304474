"""What all metrics share: how batches are taken, added up and read out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Metric"]

Array = NDArray[Any]
State = dict[str, Array]


class Metric(ABC):
    """A value of many predictions, taken batch by batch.

    A batch is checked whole before anything changes, and is then kept as sums, of which batches and
    metrics are added: ``state(A and B) = state(A) + state(B)``. No tape and no array of the caller
    is kept. Inputs are tensors, NumPy arrays or nested lists.

    A metric of one's own is a subclass with the state of one batch (`_batch`), the state of none
    (`_empty`) and the value of a state (`_value`).

    Attributes
    ----------
    name
        What logs and messages call it; may be assigned.

    Examples
    --------
    >>> class Bias(fastnn.metrics.Metric):
    ...     name = "bias"
    ...
    ...     def _empty(self):
    ...         return {"error": np.zeros(()), "count": np.zeros(())}
    ...
    ...     def _batch(self, predictions, targets, weight):
    ...         error = np.subtract(predictions, targets)
    ...         return {"error": error.sum(), "count": np.array(error.size)}
    ...
    ...     def _value(self, state):
    ...         return float(state["error"] / state["count"])
    >>> bias = Bias()
    >>> bias([1.0, 2.0], [0.0, 0.0])
    1.5
    >>> bias.update([6.0], [0.0])
    >>> bias.compute()
    3.0
    """

    name: str
    _joins_late: bool = False  # whether joining states costs as much as they are long

    def __init__(self) -> None:
        self.reset()

    def update(self, predictions: Any, targets: Any, weight: Any = None) -> None:
        """Take a batch.

        Parameters
        ----------
        predictions, targets
            Shapes and types as the class says.
        weight
            How much samples count: the shape of the targets, or (N,). Default: each as 1.
        """
        self._take(self._batch(predictions, targets, weight))

    def __call__(self, predictions: Any, targets: Any, weight: Any = None) -> Any:
        """Take a batch, and return the value of this batch alone."""
        batch = self._batch(predictions, targets, weight)
        value = self._value(batch)
        self._take(batch)
        return value

    def compute(self) -> Any:
        """The value of all batches since the last `reset`."""
        return self._value(self._total())

    def reset(self) -> None:
        """Forget all batches."""
        self._states: list[State] = [self._empty()]

    def merge(self, other: Metric) -> None:
        """Add the batches of another metric of the same class and settings.

        Raises
        ------
        TypeError, ValueError
            If it is of another class, or has other settings.
        """
        if type(other) is not type(self):
            raise TypeError(
                f"{self.name}: merge expects a {type(self).__name__}, got {type(other).__name__}"
            )
        for setting, value in self._settings().items():
            theirs = other._settings()[setting]
            if not (value is theirs or value == theirs or repr(value) == repr(theirs) == "nan"):
                raise ValueError(
                    f"{self.name}: merge expects {setting}={value!r}, got {setting}={theirs!r}"
                )
        self._take(other._total())

    def state_dict(self) -> State:
        """Copies of the sums, by name."""
        return {key: np.array(value) for key, value in self._total().items()}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Continue from a `state_dict` of a metric with the same settings.

        Raises
        ------
        ValueError
            If names, shapes or types are others; the metric is then as before.
        """
        try:
            state = {key: np.array(value, np.float64) for key, value in state_dict.items()}
        except (AttributeError, TypeError, ValueError) as error:
            raise ValueError(
                f"{self.name}: load_state_dict expects arrays by name: {error}"
            ) from None
        self._check_state(state)
        self._states = [state]

    def __repr__(self) -> str:
        settings = ", ".join(f"{key}={value!r}" for key, value in self._settings().items())
        return f"{type(self).__name__}({settings})"

    @abstractmethod
    def _empty(self) -> State:
        """The state of no batch."""

    @abstractmethod
    def _batch(self, predictions: Any, targets: Any, weight: Any) -> State:
        """The state of one batch, from inputs that it checks; changes nothing."""

    @abstractmethod
    def _value(self, state: State) -> Any:
        """The value of a state."""

    def _joined(self, states: Sequence[State]) -> State:
        """The state of all batches of several states."""
        return {key: np.sum([s[key] for s in states], axis=0) for key in states[0]}

    def _take(self, state: State) -> None:
        """Add a state: the one place that changes the metric."""
        self._states.append(state)
        if not self._joins_late:
            self._total()

    def _total(self) -> State:
        if len(self._states) > 1:
            self._states = [self._joined(self._states)]
        return self._states[0]

    def _settings(self) -> dict[str, Any]:
        own = vars(self).items()
        return {key: v for key, v in own if not key.startswith("_") and key != "name"}

    def _check_state(self, state: State) -> None:
        own = {key: value.shape for key, value in self._empty().items()}
        given = {key: value.shape for key, value in state.items()}
        if given != own:
            raise ValueError(f"{self.name}: load_state_dict expects shapes {own}, got {given}")

    def _divided(self, total: Any, count: Any) -> float:
        """A mean; ValueError of what was counted before anything was."""
        return float(total / self._positive(count))

    def _positive(self, count: Any) -> Any:
        """`count`, which is that of the samples of a state."""
        if not count > 0:
            raise ValueError(f"{self.name}: no samples to compute it from (of positive weight)")
        return count
