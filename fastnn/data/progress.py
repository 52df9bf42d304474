"""How far a loader is in an epoch, so that a run that is resumed goes on within it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

__all__ = ["Batches", "Progress"]


class Progress:
    """The order of an epoch, and how many of its batches have been taken.

    Parameters
    ----------
    source
        What the order is of, for messages.
    order
        The keys of all samples, as a range or an array; None if they are not known beforehand.
    batches
        The number of batches that have been taken.
    seed
        That of the epoch's random numbers in workers; None where there are none.
    """

    def __init__(self, source: Any, order: Any, batches: int = 0, seed: int | None = None) -> None:
        self.source, self.order, self.batches = type(source).__name__, order, batches
        self.seed = seed
        self.done = False

    def state(self) -> dict[str, Any]:
        """What `restored` makes a progress of; a range is known without it."""
        if self.done:
            return {"batches": 0, "order": None, "seed": None}
        if self.order is None and self.batches:
            raise TypeError(
                f"DataLoader: the order of {self.source} is not known before it is used, so no "
                "loader can go on within it; save after the last batch of an epoch"
            )
        order = None if isinstance(self.order, range) else self.order
        return {"batches": self.batches, "order": order, "seed": self.seed}


class Batches:
    """The batches of an epoch, counted by its progress as they are taken."""

    def __init__(self, progress: Progress, keys: Iterator[Any], load: Callable[[Any], Any]) -> None:
        self.progress, self.keys, self.load = progress, keys, load

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        try:
            keys = next(self.keys)
        except StopIteration:
            self.progress.done = True
            raise
        self.progress.batches += 1
        try:
            return self.load(keys)
        except StopIteration as error:  # which would end the epoch
            raise RuntimeError("DataLoader: loading a batch raised StopIteration") from error


def restored(state: Any, source: Any, sequential: bool, size: int | None) -> Progress:
    """The progress whose state `Progress.state` returned; it is compared with the loader.

    `sequential` says whether that has the order of its dataset, and `size` how large this is.
    """
    if not isinstance(state, Mapping) or {*state} != {"batches", "order", "seed"}:
        got = [*state] if isinstance(state, Mapping) else type(state).__name__
        raise TypeError(f"DataLoader: expected a dict of state_dict(), got {got}")
    batches, order, seed = state["batches"], state["order"], state["seed"]
    if not isinstance(batches, (int, np.integer)) or batches < 0:
        raise ValueError(f"DataLoader: batches must be an integer of at least 0, got {batches!r}")
    if seed is not None and not isinstance(seed, (int, np.integer)):
        raise ValueError(f"DataLoader: seed must be an integer or None, got {seed!r}")
    seed = None if seed is None else int(seed)
    if order is None:
        if batches and (not sequential or size is None):
            raise ValueError(
                "DataLoader: the state is of a loader in the order of its dataset, this one takes "
                f"it from {type(source).__name__}"
            )
        begun = sequential and (batches or seed is not None)
        return Progress(source, range(size or 0) if begun else None, int(batches), seed)
    if sequential:
        raise ValueError(
            "DataLoader: the state is of a loader with another order, this one has the order of "
            "its dataset"
        )
    keys = np.asarray(order)
    if keys.ndim != 1 or keys.dtype.kind not in "iu":
        raise ValueError(
            f"DataLoader: order must be a list of integers, got {keys.dtype} of shape {keys.shape}"
        )
    if size is not None and keys.size and not -size <= keys.min() <= keys.max() < size:
        raise ValueError(
            f"DataLoader: the state is of a larger dataset: keys go from {keys.min()} to "
            f"{keys.max()}, this one has {size} samples"
        )
    return Progress(source, keys.astype(np.int64), int(batches), seed)
