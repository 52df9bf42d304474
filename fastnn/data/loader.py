"""Batch loading: a dataset as a sequence of batches."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from ..ops.join import stack
from ..random import Generator
from ..tensor import Tensor, as_array
from .dataset import IterableDataset
from .sampler import RandomSampler, SequentialSampler

__all__ = ["DataLoader", "default_collate"]


class DataLoader:
    """Iterates over a dataset in batches; each ``for`` loop is one epoch.

    The batch size selects the kind of gradient descent: 1 is stochastic, a larger number
    mini-batch, and None full-batch, with the dataset as one batch.

    Parameters
    ----------
    dataset
        A `Dataset`, or any object with ``__getitem__`` and ``__len__``, or an `IterableDataset`.
    batch_size
        Samples in a batch; None for all of them (full-batch).
    shuffle
        Whether to shuffle the samples anew in each epoch.
    sampler
        Yields indices of samples, instead of `shuffle`.
    batch_sampler
        Yields lists of indices, instead of `batch_size`, `shuffle`, `sampler` and `drop_last`.
    collate_fn
        Makes a batch from a list of samples; `default_collate` by default.
    drop_last
        Whether to drop a smaller last batch.
    generator
        Random number generator for the order; by default that of `fastnn.manual_seed`.
    seed
        Shorthand for ``generator=Generator(seed)``.

    Examples
    --------
    >>> data = fastnn.data.TensorDataset(fastnn.zeros(5, 2), fastnn.arange(5))
    >>> [y.tolist() for x, y in fastnn.data.DataLoader(data, batch_size=2)]
    [[0, 1], [2, 3], [4]]
    >>> [x.shape for x, y in fastnn.data.DataLoader(data, batch_size=None)]
    [(5, 2)]
    """

    def __init__(
        self,
        dataset: Any,
        batch_size: int | None = 1,
        shuffle: bool = False,
        sampler: Iterable[int] | None = None,
        batch_sampler: Iterable[Any] | None = None,
        collate_fn: Callable[[list[Any]], Any] | None = None,
        drop_last: bool = False,
        generator: Generator | None = None,
        seed: int | None = None,
    ) -> None:
        if generator is not None and seed is not None:
            raise ValueError("DataLoader: pass generator or seed, not both")
        if batch_size is not None and batch_size < 1:
            raise ValueError(f"DataLoader: batch_size must be positive or None, got {batch_size}")
        iterable = isinstance(dataset, IterableDataset)
        if iterable and (shuffle or sampler is not None or batch_sampler is not None):
            raise ValueError("DataLoader: an IterableDataset has its own order; remove the sampler")
        if sampler is not None and shuffle:
            raise ValueError("DataLoader: sampler and shuffle exclude each other")
        if batch_sampler is not None and (shuffle or sampler is not None or drop_last):
            raise ValueError("DataLoader: batch_sampler excludes shuffle, sampler and drop_last")
        self.dataset = dataset
        self.batch_size = batch_size
        self.drop_last = drop_last
        self.generator = Generator(seed) if seed is not None else generator
        self.collate_fn = collate_fn
        self.batch_sampler = batch_sampler
        self.sampler: Any = sampler
        if sampler is None and not iterable:
            self.sampler = (
                RandomSampler(dataset, generator=self.generator)
                if shuffle
                else SequentialSampler(dataset)
            )

    def __len__(self) -> int:
        if self.batch_sampler is not None:
            return len(self.batch_sampler)  # type: ignore[arg-type]
        size = len(self.dataset if self.sampler is None else self.sampler)
        if self.batch_size is None:
            return 1 if size else 0
        return size // self.batch_size if self.drop_last else -(-size // self.batch_size)

    def __iter__(self) -> Iterator[Any]:
        if isinstance(self.dataset, IterableDataset):
            return self._from_stream()
        if self.collate_fn is None and hasattr(self.dataset, "batch"):
            return map(self.dataset.batch, self._indices())
        collate = self.collate_fn or default_collate
        return (collate([self.dataset[i] for i in listed(wanted)]) for wanted in self._indices())

    def _from_stream(self) -> Iterator[Any]:
        collate = self.collate_fn or default_collate
        stream = iter(self.dataset)
        while batch := list(itertools.islice(stream, self.batch_size)):
            if self.drop_last and self.batch_size is not None and len(batch) < self.batch_size:
                return
            yield collate(batch)

    def _indices(self) -> Iterator[Any]:
        """The indices of each batch: a slice or an array."""
        if self.batch_sampler is not None:
            yield from map(np.asarray, self.batch_sampler)
            return
        if isinstance(self.sampler, SequentialSampler):
            size = len(self.dataset)
            order: Any = None
        else:
            order = (
                self.sampler.order()
                if isinstance(self.sampler, RandomSampler)
                else np.fromiter(self.sampler, np.int64)
            )
            size = len(order)
        step = self.batch_size or max(size, 1)
        for start in range(0, size, step):
            if self.drop_last and start + step > size:
                return
            end = min(start + step, size)
            yield slice(start, end) if order is None else order[start:end]


def listed(indices: Any) -> list[int]:
    """The indices in a slice or an array, as a list."""
    if isinstance(indices, slice):
        return list(range(indices.start, indices.stop))
    numbers: list[int] = indices.tolist()
    return numbers


def default_collate(batch: list[Any]) -> Any:
    """Combine samples into a batch: stack numbers and arrays, recurse into tuples and dicts.

    Examples
    --------
    >>> fastnn.data.default_collate([(1, 2.0), (3, 4.0)])
    (tensor([1, 3]), tensor([2., 4.]))
    """
    first = batch[0]
    if isinstance(first, Tensor):
        return stack(batch)
    if isinstance(first, np.ndarray):
        return Tensor(np.stack(batch))
    if isinstance(first, (int, float, np.generic)):
        return Tensor(as_array(batch))
    if isinstance(first, (str, bytes)):
        return batch
    if isinstance(first, Mapping):
        return {key: default_collate([sample[key] for sample in batch]) for key in first}
    if isinstance(first, (tuple, list)):
        if any(len(sample) != len(first) for sample in batch):
            raise ValueError("default_collate: samples must have the same number of parts")
        parts = [default_collate(list(part)) for part in zip(*batch)]
        if hasattr(first, "_fields"):
            return type(first)(*parts)
        return tuple(parts) if isinstance(first, tuple) else parts
    raise TypeError(
        f"default_collate: cannot batch samples of type {type(first).__name__}; pass a collate_fn"
    )
