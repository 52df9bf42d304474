"""Callbacks that change the learning rate between epochs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..optim import lr_scheduler
from ..optim.lr_scheduler.scheduler import set_value
from .callback import Callback, Logs
from .monitor import Monitor, count, number

__all__ = ["LearningRateScheduler", "ReduceLROnPlateau"]


class LearningRateScheduler(Callback):
    """Sets the learning rate of each epoch by a function.

    Parameters
    ----------
    schedule
        Gets the number of the epoch, from 0, and the learning rate of a group now; returns the new
        one.

    Raises
    ------
    TypeError
        If `schedule` is no function.
    ValueError
        When an epoch begins, if it does not return a number of at least 0.

    Examples
    --------
    >>> halve = fastnn.train.LearningRateScheduler(lambda epoch, lr: lr / 2 if epoch else lr)
    """

    def __init__(self, schedule: Callable[[int, float], float]) -> None:
        if not callable(schedule):
            raise TypeError(
                f"LearningRateScheduler: schedule must be a function, got {type(schedule).__name__}"
            )
        self.schedule = schedule

    def on_epoch_begin(self, epoch: int, logs: Logs) -> None:
        """Set the learning rates."""
        groups = self.trainer.optimizer.param_groups
        owner = type(self).__name__
        rates = [
            number(owner, "what schedule returns", self.schedule(epoch, float(group["lr"])))
            for group in groups
        ]
        if min(rates) < 0:
            raise ValueError(f"{owner}: schedule must return at least 0, got {min(rates)}")
        for group, lr in zip(groups, rates):
            set_value(group, "lr", lr)


class ReduceLROnPlateau(Monitor):
    """Lowers the learning rate when a value has not improved for some epochs.

    The new rate is ``max(factor * lr, min_lr)``. As a scheduler of the `Trainer`,
    `fastnn.optim.lr_scheduler.ReduceLROnPlateau` does the same with PyTorch's options.

    Parameters
    ----------
    monitor
        A name in the logs. Default: ``"val_loss"``.
    factor
        From 0 to below 1. Default: 0.1.
    patience
        After how many epochs without a better one it lowers the rate. Default: 10.
    mode
        ``"min"``, ``"max"``, or ``"auto"``: by the name. Default: ``"auto"``.
    min_delta
        By how much a value has to be better. Default: 1e-4.
    cooldown
        Epochs after a change that do not count. Default: 0.
    min_lr
        The lowest rate. Default: 0.

    Raises
    ------
    ValueError
        For an option out of range; when training begins, if there is no such value.

    Examples
    --------
    >>> fastnn.train.ReduceLROnPlateau("val_loss", factor=0.5, patience=2).patience
    2
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        mode: str = "auto",
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
    ) -> None:
        super().__init__(monitor, mode, min_delta)
        owner = type(self).__name__
        self.factor = number(owner, "factor", factor)
        if not 0 <= self.factor < 1:
            raise ValueError(f"{owner}: factor must be from 0 to below 1, got {factor!r}")
        self.patience = count(owner, "patience", patience, 0)
        self.cooldown = count(owner, "cooldown", cooldown, 0)
        self.min_lr = number(owner, "min_lr", min_lr)
        self.plateau: lr_scheduler.ReduceLROnPlateau | None = None

    def on_train_begin(self, logs: Logs) -> None:
        """Check the name, and begin anew."""
        super().on_train_begin(logs)
        # Keras counts the epoch that lowers the rate among those it waits for, PyTorch does not.
        self.plateau = lr_scheduler.ReduceLROnPlateau(
            self.trainer.optimizer,
            mode=self.mode,
            factor=self.factor,
            patience=max(self.patience - 1, 0),
            threshold=self.min_delta,
            threshold_mode="abs",
            cooldown=self.cooldown,
            min_lr=self.min_lr,
        )

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Compare the value of the epoch with the best one."""
        assert self.plateau is not None
        self.plateau.step(self.value(logs))

    def state_dict(self) -> dict[str, Any]:
        """The best value, and how long it has been waiting."""
        return {"plateau": None if self.plateau is None else self.plateau.state_dict()}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Continue from a `state_dict`."""
        if self.plateau is not None and state_dict["plateau"] is not None:
            self.plateau.load_state_dict(state_dict["plateau"])
