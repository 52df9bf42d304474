"""What a worker is given, and what it knows of itself."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np

from ..random import Generator

__all__ = ["WorkerInfo", "get_worker_info"]


class WorkerInfo(NamedTuple):
    """What a worker knows of itself while it loads a batch.

    Attributes
    ----------
    id
        Its number, from 0.
    num_workers
        How many there are.
    seed
        The seed of the batch.
    dataset
        The dataset; a process has its own, which shares memory that neither writes to.
    generator
        A random number generator of the batch, which no other thread draws from.
    """

    id: int
    num_workers: int
    seed: int
    dataset: Any
    generator: Generator


here = threading.local()


def get_worker_info() -> WorkerInfo | None:
    """What the worker that calls knows of itself; None in the program's own threads.

    Examples
    --------
    >>> fastnn.data.get_worker_info() is None
    True
    """
    info: WorkerInfo | None = getattr(here, "info", None)
    return info


def seed_of(base: int, batch: int) -> int:
    """The seed of a batch, from that of the epoch."""
    return int(np.random.SeedSequence([base, batch]).generate_state(1, np.uint64)[0] >> 1)


class Task(NamedTuple):
    batch: int
    keys: Any
    seed: int


def info_of(id: int, count: int, task: Task, dataset: Any) -> WorkerInfo:
    return WorkerInfo(id, count, task.seed, dataset, Generator(seed_of(task.seed, 0)))


class End:
    """What comes behind the last batch of a stream."""


def tasks_of(keys: Iterable[Any], first: int, seed: Any) -> Iterator[Task]:
    """The tasks of an epoch with this seed, from the batch `first` on."""
    return (Task(k, key, seed_of(seed, k)) for k, key in enumerate(keys, first))
