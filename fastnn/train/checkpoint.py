"""Checkpoints of a run: reading one, and whether it fits."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from ..serialization.load import load

if TYPE_CHECKING:
    from .loop import Loop
    from .trainer import Trainer

__all__: list[str] = []

FORMAT = "fastnn.train"
VERSION = 1


class NoCheckpoint(RuntimeError):
    """The state of this moment cannot be kept."""


def checkpoint_of(path: Any) -> dict[str, Any]:
    """A checkpoint that `Trainer.save` has written."""
    if not isinstance(path, (str, bytes, os.PathLike)):
        raise TypeError(f"fit: resume must be a path, got {type(path).__name__}")
    saved = load(path)
    if not isinstance(saved, dict) or saved.get("format") != FORMAT:
        raise ValueError(
            f"fit: {os.fsdecode(path)} is no checkpoint of a run; load weights by "
            "model.load_state_dict(fastnn.load(path))"
        )
    if saved["version"] != VERSION:
        raise ValueError(
            f"fit: {os.fsdecode(path)} is of version {saved['version']}, this is {VERSION}"
        )
    return saved


def check_fits(loop: Loop, saved: dict[str, Any]) -> None:
    """Raise ValueError unless a checkpoint is of such a run; nothing has changed then."""
    trainer = loop.trainer
    loop.callbacks.check_states(saved["callbacks"])
    loop.streams.check(saved["random"])
    if saved["classes"] != classes_of(trainer):
        theirs, own = (", ".join(c.values()) for c in (saved["classes"], classes_of(trainer)))
        raise ValueError(f"fit: the checkpoint is of a run with {theirs}, this one has {own}")
    if [*saved["metrics"]] != [*loop.train_metrics]:
        raise ValueError(
            f"fit: the checkpoint is of a run with the metrics {[*saved['metrics']]}, "
            f"this one has {[*loop.train_metrics]}"
        )
    if saved["loader"] is not None and not hasattr(loop.loader, "load_state_dict"):
        raise ValueError(
            "fit: the checkpoint is within an epoch of a DataLoader, train is a "
            f"{type(loop.loader).__name__}"
        )


def classes_of(trainer: Trainer) -> dict[str, str]:
    """The names of the classes whose state a checkpoint has."""
    schedule = trainer.scheduler
    return {
        "optimizer": type(trainer.optimizer).__name__,
        "scheduler": "no scheduler" if schedule is None else type(schedule).__name__,
    }
