"""Samplers: the order in which samples are loaded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Sized
from typing import Any

import numpy as np

from ..random import Generator, default_generator

__all__ = ["BatchSampler", "RandomSampler", "Sampler", "SequentialSampler", "WeightedRandomSampler"]


class Sampler:
    """Yields indices of samples; a subclass defines ``__iter__`` and ``__len__``."""

    def __iter__(self) -> Iterator[Any]:
        raise NotImplementedError(f"{type(self).__name__}: define a method __iter__(self)")

    def __len__(self) -> int:
        raise NotImplementedError(f"{type(self).__name__}: define a method __len__(self)")


class SequentialSampler(Sampler):
    """Indices in ascending order."""

    def __init__(self, source: Sized) -> None:
        self.source = source

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.source)))

    def __len__(self) -> int:
        return len(self.source)


class RandomSampler(Sampler):
    """Indices in random order, shuffled anew in each epoch.

    Parameters
    ----------
    source
        The dataset.
    replacement
        Whether to draw with replacement.
    num_samples
        Number of samples in an epoch; by default the size of the dataset.
    generator
        Random number generator.
    """

    def __init__(
        self,
        source: Sized,
        replacement: bool = False,
        num_samples: int | None = None,
        generator: Generator | None = None,
    ) -> None:
        self.source = source
        self.replacement = replacement
        self.num_samples = num_samples
        self.generator = generator

    def order(self) -> Any:
        """The indices of one epoch, as an array."""
        draw = (self.generator or default_generator).numpy
        size, wanted = len(self.source), len(self)
        if self.replacement:
            return draw.integers(0, size, wanted)
        rounds = [draw.permutation(size) for _ in range(-(-wanted // size) if size else 0)]
        return np.concatenate(rounds)[:wanted] if rounds else np.zeros(0, np.int64)

    def __iter__(self) -> Iterator[int]:
        return iter(self.order().tolist())

    def __len__(self) -> int:
        return len(self.source) if self.num_samples is None else self.num_samples


class WeightedRandomSampler(Sampler):
    """Random indices drawn with given weights.

    Examples
    --------
    >>> list(fastnn.data.WeightedRandomSampler([0.0, 1.0], 3))
    [1, 1, 1]
    """

    def __init__(
        self,
        weights: Sequence[float],
        num_samples: int,
        replacement: bool = True,
        generator: Generator | None = None,
    ) -> None:
        self.weights = np.asarray(weights, np.float64)
        if self.weights.ndim != 1 or (self.weights < 0).any() or not self.weights.sum() > 0:
            raise ValueError("WeightedRandomSampler: weights must be a list of numbers >= 0")
        self.num_samples = num_samples
        self.replacement = replacement
        self.generator = generator

    def __iter__(self) -> Iterator[int]:
        draw = (self.generator or default_generator).numpy
        shares = self.weights / self.weights.sum()
        chosen = draw.choice(len(shares), self.num_samples, self.replacement, shares)
        return iter(chosen.tolist())

    def __len__(self) -> int:
        return self.num_samples


class BatchSampler(Sampler):
    """Groups the indices of a sampler into lists of `batch_size`.

    Examples
    --------
    >>> list(fastnn.data.BatchSampler(range(5), 2, drop_last=False))
    [[0, 1], [2, 3], [4]]
    """

    def __init__(self, sampler: Iterable[int], batch_size: int, drop_last: bool) -> None:
        if batch_size < 1:
            raise ValueError(f"BatchSampler: batch_size must be positive, got {batch_size}")
        self.sampler = sampler
        self.batch_size = batch_size
        self.drop_last = drop_last

    def __iter__(self) -> Iterator[list[int]]:
        batch = []
        for index in self.sampler:
            batch.append(index)
            if len(batch) == self.batch_size:
                yield batch
                batch = []
        if batch and not self.drop_last:
            yield batch

    def __len__(self) -> int:
        size = len(self.sampler)  # type: ignore[arg-type]
        return size // self.batch_size if self.drop_last else -(-size // self.batch_size)
