"""A callback that writes checkpoints."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from string import Formatter
from typing import Any

from .callback import Logs
from .monitor import Monitor, check_known, count

__all__ = ["ModelCheckpoint"]


class ModelCheckpoint(Monitor):
    """Writes the state of the run to a file: after epochs, after steps, or when it is the best.

    A file has weights, optimizer, schedule, random streams, the position in the data, history and
    the state of callbacks: ``fit(..., resume=path)`` goes on from it, bit for bit. It is written as
    a whole or not at all. When an exception or Ctrl-C ends training, the state of the last complete
    step is written, too, unless there is a best one.

    Parameters
    ----------
    filepath
        The file. Fields such as ``{epoch:02d}``, counted from 1, ``{step}`` or ``{val_loss:.3f}``
        become the values of the epoch.
    monitor, mode
        As of `EarlyStopping`, for `save_best_only`. Default: ``"val_loss"``, ``"auto"``.
    save_best_only
        Whether only epochs better than all before are written. Default: False.
    save_weights_only
        Whether a file has the model's ``state_dict()`` alone. Default: False.
    save_freq
        ``"epoch"``, or after how many steps. Default: ``"epoch"``.
    keep
        How many files to keep where `filepath` has fields: older ones are removed. Default: all.

    Attributes
    ----------
    best
        The best value so far.
    kept
        The files written and not removed, oldest first.

    Raises
    ------
    ValueError
        For options that exclude each other; when training begins, if there is no such value or
        field, or no such folder.
    OSError
        If a file cannot be written. The old one is whole then.

    Examples
    --------
    >>> best = fastnn.train.ModelCheckpoint("best.safetensors", save_best_only=True)
    >>> last = fastnn.train.ModelCheckpoint("run-{epoch:03d}.safetensors", keep=3)
    """

    comes_last = True

    def __init__(
        self,
        filepath: Any,
        monitor: str = "val_loss",
        *,
        mode: str = "auto",
        save_best_only: bool = False,
        save_weights_only: bool = False,
        save_freq: str | int = "epoch",
        keep: int | None = None,
    ) -> None:
        super().__init__(monitor, mode, 0.0)
        owner = type(self).__name__
        self.filepath = os.fsdecode(filepath)
        try:
            parsed = list(Formatter().parse(self.filepath))
        except ValueError as error:
            raise ValueError(f"{owner}: filepath {self.filepath!r}: {error}") from None
        self.fields = [name for _, name, _, _ in parsed if name is not None]
        self.save_best_only = bool(save_best_only)
        self.save_weights_only = bool(save_weights_only)
        self.keep = None if keep is None else count(owner, "keep", keep, 1)
        if self.keep is not None and not self.fields:
            raise ValueError(
                f"{owner}: with keep, filepath needs a field such as {{epoch}}, got "
                f"{self.filepath!r}"
            )
        self.save_freq = save_freq
        if save_freq != "epoch":
            self.save_freq = count(owner, "save_freq", save_freq, 1)
            if self.save_best_only:
                raise ValueError(f"{owner}: save_best_only needs save_freq='epoch'")
            if wrong := [f for f in self.fields if f not in ("epoch", "step")]:
                raise ValueError(
                    f"{owner}: with save_freq={save_freq}, filepath may have the fields epoch and "
                    f"step, got {', '.join(wrong)}"
                )
            self.on_train_batch_end = self.after_step  # type: ignore[method-assign]
        self.kept: list[str] = []
        self.last_logs: Logs = {}

    def on_train_begin(self, logs: Logs) -> None:
        """Check names and folder, and forget the last run."""
        owner = type(self).__name__
        names = self.trainer.log_names
        if self.save_best_only:
            check_known(owner, self.monitor, names)
        for field in self.fields:
            check_known(owner, field, ("epoch", "step", *names))
        folder = os.path.dirname(self.filepath) or "."
        if not {*"{}"} & {*folder} and not os.path.isdir(folder):
            raise ValueError(f"{owner}: there is no folder {folder!r}")
        self.best, self.kept, self.last_logs = None, [], {}

    def after_step(self, batch: int, logs: Logs) -> None:
        """Write a checkpoint every so many steps."""
        if self.trainer.step % int(self.save_freq) == 0:
            self.write({})

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Write a checkpoint after the epoch."""
        self.last_logs = dict(logs)
        if self.save_freq != "epoch":
            return
        if self.save_best_only:
            value = self.value(logs)
            if not self.is_better(value, self.best):
                return
            self.best = value
        self.write(logs)

    def on_exception(self, error: BaseException) -> None:
        """Write the state of the last complete step."""
        if not (self.save_best_only and self.kept):
            self.write(self.last_logs)

    def write(self, logs: Logs) -> None:
        """Write the file of this moment, and remove old ones."""
        missing = {field: float("nan") for field in self.fields}
        place = {"epoch": self.trainer.epoch + 1, "step": self.trainer.step}
        path = self.filepath.format(**{**missing, **logs, **place})
        others = [other for other in self.kept if other != path]
        old = [] if self.keep is None else others[: max(len(others) + 1 - self.keep, 0)]
        before, self.kept = self.kept, [*others[len(old) :], path]  # is part of the checkpoint
        try:
            self.trainer.save(path, weights_only=self.save_weights_only)
        except BaseException:
            self.kept = before
            raise
        for name in old:
            with suppress(FileNotFoundError):
                os.unlink(name)

    def state_dict(self) -> dict[str, Any]:
        """The best value, and the files."""
        return {"best": self.best, "kept": list(self.kept), "last_logs": dict(self.last_logs)}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Continue from a `state_dict`."""
        self.best, self.kept = state_dict["best"], list(state_dict["kept"])
        self.last_logs = dict(state_dict["last_logs"])
