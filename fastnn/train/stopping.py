"""Callbacks that end training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .callback import Callback, Logs
from .monitor import Monitor, count, number

__all__ = ["EarlyStopping", "TerminateOnNaN"]


class EarlyStopping(Monitor):
    """Ends training when a value has not improved for some epochs.

    Parameters
    ----------
    monitor
        A name in the logs. Default: ``"val_loss"``.
    min_delta
        By how much a value has to be better to count. Default: 0.
    patience
        After how many epochs without a better one training ends; 0 is as 1. Default: 0.
    mode
        ``"min"``, ``"max"``, or ``"auto"``: by the name. Default: ``"auto"``.
    baseline
        A value that the first epochs have to be better than. Default: none.
    restore_best_weights
        Whether the model gets the weights of its best epoch at the end of training. Default: False.
    start_from_epoch
        Number of epochs that do not count. Default: 0.

    Attributes
    ----------
    best, best_epoch
        The best value, and the epoch that had it.
    stopped_epoch
        The epoch after which it ended training; None if it did not.

    Raises
    ------
    ValueError
        When training begins, if there is no such value; it names those that there are.

    Examples
    --------
    >>> stopping = fastnn.train.EarlyStopping("val_accuracy", patience=3, restore_best_weights=True)
    >>> stopping.mode
    'max'
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0.0,
        patience: int = 0,
        mode: str = "auto",
        baseline: float | None = None,
        restore_best_weights: bool = False,
        start_from_epoch: int = 0,
    ) -> None:
        super().__init__(monitor, mode, min_delta)
        owner = type(self).__name__
        self.patience = count(owner, "patience", patience, 0)
        self.baseline = None if baseline is None else number(owner, "baseline", baseline)
        self.start_from_epoch = count(owner, "start_from_epoch", start_from_epoch, 0)
        self.restore_best_weights = bool(restore_best_weights)
        self.forget()

    def forget(self) -> None:
        """Begin anew."""
        self.best = None
        self.best_epoch: int | None = None
        self.best_weights: dict[str, Any] | None = None
        self.stopped_epoch: int | None = None
        self.wait = 0

    def on_train_begin(self, logs: Logs) -> None:
        """Check the name, and begin anew."""
        super().on_train_begin(logs)
        self.forget()

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Compare the value of the epoch with the best one."""
        value = self.value(logs)
        if epoch < self.start_from_epoch:
            return
        if self.is_better(value, self.best):
            self.best, self.best_epoch = value, epoch
            if self.restore_best_weights:
                state = self.model.state_dict()
                self.best_weights = {key: w.numpy().copy() for key, w in state.items()}
            if self.is_better(value, self.baseline):
                self.wait = 0
                return
        self.wait += 1
        if self.wait >= self.patience:
            self.stopped_epoch = epoch
            self.trainer.stop_training = True

    def on_train_end(self, logs: Logs) -> None:
        """Restore the best weights."""
        if self.best_weights is not None:
            self.model.load_state_dict(self.best_weights)

    def state_dict(self) -> dict[str, Any]:
        """The best value and its weights, and how long it has been waiting."""
        names = ("best", "best_epoch", "best_weights", "stopped_epoch", "wait")
        return {name: getattr(self, name) for name in names}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Continue from a `state_dict`."""
        for name in self.state_dict():
            setattr(self, name, state_dict[name])


class TerminateOnNaN(Callback):
    """Ends training without an exception when a loss is NaN or infinite.

    Without it `Trainer.fit` raises `FloatingPointError`.

    Attributes
    ----------
    reason
        Where the first NaN came from; None if there was none.

    Examples
    --------
    >>> fastnn.train.TerminateOnNaN().reason is None
    True
    """

    reason: str | None = None

    def on_train_begin(self, logs: Logs) -> None:
        """Forget the last run."""
        self.reason = None
