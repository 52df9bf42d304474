"""A value of the logs that callbacks watch: whether it is better than the best so far."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from .callback import Callback, Logs

__all__: list[str] = []

GROWING = ("acc", "auc", "auroc", "f1", "fbeta", "precision", "recall", "r2")  # as they get better


class Monitor(Callback):
    """Base of callbacks that compare a value with the best one so far.

    Parameters
    ----------
    monitor
        A name in the logs, such as ``"val_loss"``.
    mode
        ``"min"``, ``"max"``, or ``"auto"``: the largest value is the best of accuracy, AUROC, F1,
        precision, recall and R2, the smallest of anything else.
    min_delta
        By how much a value has to be better.
    """

    def __init__(self, monitor: str, mode: str, min_delta: float) -> None:
        owner = type(self).__name__
        if not isinstance(monitor, str):
            raise TypeError(f"{owner}: monitor must be a name, got {monitor!r}")
        if mode not in ("auto", "min", "max"):
            raise ValueError(f"{owner}: mode must be 'auto', 'min' or 'max', got {mode!r}")
        self.monitor = monitor
        self.min_delta = abs(number(owner, "min_delta", min_delta))
        words = monitor.replace("-", "_").split("_")
        grows = any(word.startswith(GROWING) for word in words)
        self.mode = mode if mode != "auto" else ("max" if grows else "min")
        self.best: float | None = None

    def is_better(self, value: float, best: float | None) -> bool:
        """Whether a value is better than another by `min_delta`; NaN never is."""
        if best is None:
            return not math.isnan(value)
        gain = best - value if self.mode == "min" else value - best
        return gain > self.min_delta

    def on_train_begin(self, logs: Logs) -> None:
        """Check the name, and forget the best value."""
        check_known(type(self).__name__, self.monitor, self.trainer.log_names)
        self.best = None

    def value(self, logs: Logs) -> float:
        """The value of an epoch."""
        check_known(type(self).__name__, self.monitor, logs)
        return float(logs[self.monitor])


def check_known(owner: str, monitor: str, names: Iterable[str]) -> None:
    """Raise ValueError for a name that is not in the logs."""
    known = list(names)
    if monitor not in known:
        hint = "; pass validation data to fit" if monitor.startswith("val_") else ""
        raise ValueError(
            f"{owner}: there is no {monitor!r} to monitor; there are {', '.join(known)}{hint}"
        )


def number(owner: str, argument: str, value: Any) -> float:
    """A finite number."""
    try:
        found = float(value)
    except (TypeError, ValueError):
        found = math.nan
    if isinstance(value, (str, bytes)) or not math.isfinite(found):
        raise ValueError(f"{owner}: {argument} must be a finite number, got {value!r}")
    return found


def count(owner: str, argument: str, value: Any, least: int) -> int:
    """An integer of at least `least`."""
    if isinstance(value, bool) or not hasattr(value, "__index__") or int(value) < least:
        raise ValueError(
            f"{owner}: {argument} must be an integer of at least {least}, got {value!r}"
        )
    return int(value)
