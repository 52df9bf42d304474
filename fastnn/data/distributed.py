"""The share of one of several processes in a dataset."""

from __future__ import annotations

from collections.abc import Iterator, Sized
from typing import Any

import numpy as np

from ..ops.create import randperm
from ..random import Generator
from .sampler import Sampler, positive

__all__ = ["DistributedSampler"]


class DistributedSampler(Sampler):
    """Every ``num_replicas``-th index from `rank` on, of an order that all processes share.

    Parameters
    ----------
    dataset
        The dataset.
    num_replicas
        Number of processes.
    rank
        The number of this process, from 0.
    shuffle
        Whether the order is random, from `seed` and the epoch.
    seed
        Seed of the order, the same in all processes.
    drop_last
        Drop samples that would give some processes more than others; by default the first samples
        are repeated instead.

    Examples
    --------
    >>> part = fastnn.data.DistributedSampler(range(5), num_replicas=2, rank=1, shuffle=False)
    >>> list(part)
    [1, 3, 0]
    """

    def __init__(
        self,
        dataset: Sized,
        num_replicas: int | None = None,
        rank: int | None = None,
        shuffle: bool = True,
        seed: int = 0,
        drop_last: bool = False,
    ) -> None:
        if num_replicas is None or rank is None:
            raise RuntimeError(
                "DistributedSampler: pass num_replicas and rank; fastnn.distributed has no group "
                "of processes to ask"
            )
        self.dataset = dataset
        self.num_replicas = positive("DistributedSampler", "num_replicas", num_replicas)
        if not 0 <= rank < num_replicas:
            raise ValueError(
                f"DistributedSampler: rank must be from 0 to {num_replicas - 1}, got {rank}"
            )
        self.rank = rank
        self.shuffle = shuffle
        self.seed = seed
        self.drop_last = drop_last
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Choose the order of an epoch; without this call all epochs have one order."""
        self.epoch = epoch

    def __iter__(self) -> Iterator[Any]:
        size = len(self.dataset)
        if not size:
            return iter(())
        order = np.arange(size)
        if self.shuffle:
            order = randperm(size, generator=Generator(self.seed + self.epoch))._array
        total = len(self) * self.num_replicas
        shared = np.resize(order, total)  # repeated from the start, or cut off
        return iter(shared[self.rank :: self.num_replicas].tolist())

    def __len__(self) -> int:
        size = len(self.dataset)
        return size // self.num_replicas if self.drop_last else -(-size // self.num_replicas)
