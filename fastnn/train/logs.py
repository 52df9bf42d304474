"""Callbacks that write the logs of epochs to files."""

from __future__ import annotations

import csv
import io
import os
from typing import Any

from ..metrics.extras import extra
from ..serialization.atomic import write_whole
from .callback import Callback, Logs
from .monitor import count

__all__ = ["CSVLogger", "TensorBoard"]


class CSVLogger(Callback):
    """Writes a line for each epoch to a CSV file, with the names of the logs in the first one.

    A run that is resumed continues the file: lines of epochs that it computes again are replaced.

    Parameters
    ----------
    filename
        The file, which is written anew when training begins.
    separator
        Between values. Default: a comma.
    append
        Whether to keep the lines of earlier runs. Default: False.

    Raises
    ------
    OSError
        When training begins, if the file cannot be written.

    Examples
    --------
    >>> import os, tempfile
    >>> log = fastnn.train.CSVLogger(os.path.join(tempfile.mkdtemp(), "log.csv"))
    """

    def __init__(self, filename: Any, separator: str = ",", append: bool = False) -> None:
        self.filename = os.fsdecode(filename)
        if not isinstance(separator, str) or len(separator) != 1:
            raise ValueError(f"CSVLogger: separator must be one character, got {separator!r}")
        self.separator, self.append = separator, append
        self.names: list[str] = []

    def rows(self) -> list[list[str]]:
        """What is in the file, without a line that is not finished."""
        if not os.path.exists(self.filename):
            return []
        with open(self.filename, newline="", encoding="utf-8") as file:
            text = file.read()
        whole = text[: text.rfind("\n") + 1]
        return [row for row in csv.reader(io.StringIO(whole), delimiter=self.separator) if row]

    def line(self, values: list[Any]) -> str:
        """A line of the file."""
        file = io.StringIO()
        csv.writer(file, delimiter=self.separator, lineterminator="\n").writerow(values)
        return file.getvalue()

    def on_train_begin(self, logs: Logs) -> None:
        """Begin the file, or take from it the lines of epochs that are done."""
        first = self.trainer.epoch
        rows = self.rows() if self.append or first else []
        if first and not self.append:
            rows = rows[:1] + [row for row in rows[1:] if row[0].isdigit() and int(row[0]) < first]
        self.names = rows[0][1:] if rows else list(self.trainer.log_names)
        text = "".join(self.line(row) for row in rows or [["epoch", *self.names]])
        write_whole(self.filename, lambda file: file.write(text.encode()))

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Add the line of an epoch."""
        with open(self.filename, "a", newline="", encoding="utf-8") as file:
            file.write(self.line([epoch, *[logs.get(name, "") for name in self.names]]))


class TensorBoard(Callback):
    """Writes the logs of epochs for TensorBoard, through the package tensorboardX.

    Training and validation are curves of one picture: ``loss/train`` and ``loss/validation``.

    Parameters
    ----------
    log_dir
        The folder. Default: ``"logs"``.
    update_freq
        ``"epoch"``, or after how many steps the loss of a step is written, too, as ``loss/step``.
        Default: ``"epoch"``.

    Raises
    ------
    ImportError
        If tensorboardX is not installed.

    Examples
    --------
    >>> board = fastnn.train.TensorBoard("logs", update_freq=100)  # doctest: +SKIP
    """

    def __init__(self, log_dir: Any = "logs", update_freq: str | int = "epoch") -> None:
        self.library = extra("TensorBoard", "tensorboardX", "tensorboardX")
        self.log_dir = os.fsdecode(log_dir)
        self.writer: Any = None
        if update_freq != "epoch":
            self.update_freq = count("TensorBoard", "update_freq", update_freq, 1)
            self.on_train_batch_end = self.write_step  # type: ignore[method-assign]

    def on_train_begin(self, logs: Logs) -> None:
        """Open the writer; what a resumed run computes again replaces what was there."""
        step = self.trainer.step or None
        self.writer = self.library.SummaryWriter(self.log_dir, purge_step=step)

    def write_step(self, batch: int, logs: Logs) -> None:
        """Write the loss of a step."""
        if self.trainer.step % self.update_freq == 0:
            self.writer.add_scalar("loss/step", logs["loss"], self.trainer.step)

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Write the logs of an epoch."""
        for name, value in logs.items():
            part = "validation" if name.startswith("val_") else "train"
            tag = name if name == "lr" else f"{name.removeprefix('val_')}/{part}"
            self.writer.add_scalar(tag, value, self.trainer.step)

    def on_train_end(self, logs: Logs) -> None:
        """Close the writer."""
        self.writer.close()

    def on_exception(self, error: BaseException) -> None:
        """Close the writer."""
        if self.writer is not None:
            self.writer.close()
