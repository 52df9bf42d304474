"""Batch loading: a dataset as a sequence of batches."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import count, islice
from typing import Any

import numpy as np

from ..dtypes import REAL, kind
from ..ops.join import stack
from ..random import Generator, default_generator
from ..tensor import Tensor, as_array
from .dataset import IterableDataset, gather, is_gathered, positions
from .progress import Batches, Progress, restored
from .sampler import (
    OrderedBatchSampler,
    OrderedSampler,
    RandomSampler,
    SequentialSampler,
    chunks,
    length,
    number_of_chunks,
    positive,
)
from .task import End, tasks_of

__all__ = ["DataLoader", "default_collate", "default_convert"]

FIXED = {"dataset", "batch_size", "sampler", "batch_sampler", "drop_last"}  # as in PyTorch


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
        Yields the indices of samples, or keys of any type, instead of `shuffle`. It may be endless.
    batch_sampler
        Yields lists of them, instead of `batch_size`, `shuffle`, `sampler` and `drop_last`.
    num_workers
        Number of processes, or threads, that load batches ahead; 0 for the calling thread, which
        also loads batches that are slices of a `TensorDataset`. An `IterableDataset` is read by one
        worker, whatever the number. See Notes.
    collate_fn
        Makes a batch from a list of samples; `default_collate` by default.
    pin_memory
        Changes nothing: there are no transfers to a GPU.
    drop_last
        Whether to drop a smaller last batch.
    timeout
        Seconds to wait for a batch of a worker before RuntimeError; 0 for as long as it takes.
    worker_init_fn
        Called once in each worker with its number.
    multiprocessing_context
        How processes start, a context of `multiprocessing` or its name; "fork" where there is it,
        which copies no dataset.
    generator
        Random number generator for the order and for the seeds of workers; by default that of
        `fastnn.manual_seed`.
    prefetch_factor
        Batches that are loaded ahead for each worker, 2 by default.
    persistent_workers
        Whether workers live on between epochs; they keep the dataset as it was when they started.
    pin_memory_device
        Changes nothing either.
    in_order
        Whether batches come in the order of the sampler, or as soon as they are loaded.
    seed
        Shorthand for ``generator=Generator(seed)``.
    worker_kind
        "process" for samples that Python code makes, "thread" for those that NumPy makes, or
        other code that lets go of Python's lock.

    Notes
    -----
    A batch has memory of its own: changing it in place leaves the dataset as it is. ``len(loader)``
    is the number of batches, and a TypeError where a dataset or a sampler has no length.

    With workers, each batch has a seed of its own, drawn from the generator's numbers for the epoch
    and from the number of the batch; a process starts the generators of `fastnn`, `random` and
    `numpy.random` from it, and `get_worker_info` has one for both kinds. So the batches do not
    depend on the number of workers, from 1 on. Large arrays reach the calling process through
    shared memory. An exception in a worker is raised here, with its traceback there as its cause;
    a worker that dies is a RuntimeError.

    Raises
    ------
    ValueError
        If `batch_size` is not positive, or for arguments that exclude each other.
    RuntimeError
        While it is iterated over: a worker has died, or has taken longer than `timeout`.
    TypeError
        If `dataset` has no length and there is no sampler.

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
        shuffle: bool | None = False,
        sampler: Iterable[int] | None = None,
        batch_sampler: Iterable[Any] | None = None,
        num_workers: int = 0,
        collate_fn: Callable[[list[Any]], Any] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Callable[[int], Any] | None = None,
        multiprocessing_context: Any = None,
        generator: Generator | None = None,
        *,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
        pin_memory_device: str = "",
        in_order: bool = True,
        seed: int | None = None,
        worker_kind: str = "process",
    ) -> None:
        if not isinstance(num_workers, (int, np.integer)) or num_workers < 0:
            raise ValueError(
                f"DataLoader: num_workers must be an integer of at least 0, got {num_workers!r}"
            )
        if worker_kind not in ("process", "thread"):
            raise ValueError(
                f"DataLoader: worker_kind must be 'process' or 'thread', got {worker_kind!r}"
            )
        if not timeout >= 0:
            raise ValueError(f"DataLoader: timeout must not be negative, got {timeout!r}")
        ahead = 2 if prefetch_factor is None else prefetch_factor
        positive("DataLoader", "prefetch_factor", ahead)
        if generator is not None and seed is not None:
            raise ValueError("DataLoader: pass generator or seed, not both")
        iterable = isinstance(dataset, IterableDataset)
        if iterable and (shuffle or sampler is not None or batch_sampler is not None):
            raise ValueError("DataLoader: an IterableDataset has its own order; remove the sampler")
        if sampler is not None and shuffle:
            raise ValueError("DataLoader: sampler and shuffle exclude each other")
        if batch_sampler is not None and (shuffle or sampler is not None or drop_last):
            raise ValueError("DataLoader: batch_sampler excludes shuffle, sampler and drop_last")
        needs_order = not iterable and sampler is None and batch_sampler is None
        if needs_order and not hasattr(type(dataset), "__len__"):
            raise TypeError(
                f"DataLoader: {type(dataset).__name__} has no length; define __len__, pass a "
                "sampler, or make it an IterableDataset"
            )
        check_not_data(batch_size)
        self.dataset = dataset
        self.batch_size = (
            None if batch_size is None else positive("DataLoader", "batch_size", batch_size)
        )
        self.num_workers = int(num_workers)
        self.worker_kind = worker_kind
        self.worker_init_fn = worker_init_fn
        self.multiprocessing_context = multiprocessing_context
        self.timeout = timeout
        self.prefetch_factor = ahead
        self.persistent_workers = persistent_workers
        self.in_order = in_order
        self.pin_memory = pin_memory
        self.drop_last = drop_last
        self.generator = Generator(seed) if seed is not None else generator
        self.collate_fn = collate_fn
        self.batch_sampler = batch_sampler
        if needs_order and shuffle:
            sampler = RandomSampler(dataset, generator=self.generator)
        elif needs_order:
            sampler = SequentialSampler(dataset)
        self.sampler = sampler
        self._living: tuple[int, Any] | None = None  # persistent workers, and their parent

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_living": None}

    _progress: Progress | None = None  # of the epoch that was begun last
    _resumed: Progress | None = None  # from which the next one goes on

    def __setattr__(self, name: str, value: Any) -> None:
        if name in self.__dict__ and name in FIXED:
            raise ValueError(f"DataLoader: {name} cannot be replaced; make another DataLoader")
        super().__setattr__(name, value)

    def __len__(self) -> int:
        if self.batch_sampler is not None:
            return length("DataLoader", self.batch_sampler)
        size = length("DataLoader", self.dataset if self.sampler is None else self.sampler)
        return number_of_chunks(size, self.batch_size, self.drop_last)

    def __iter__(self) -> Iterator[Any]:
        progress, self._resumed = self._resumed, None
        if progress is None:
            progress = Progress(self._source(), self._order())
        self._progress = progress
        number, keys, load = self._work(progress)
        if not number:
            return Batches(progress, keys, load)
        if progress.seed is None:
            source = default_generator if self.generator is None else self.generator
            progress.seed = int(source.numpy.integers(1 << 63))
        return Batches(progress, self._ahead(number, keys, load, progress), as_it_is)

    def _work(self, progress: Progress) -> tuple[int, Iterator[Any], Callable[[Any], Any]]:
        """How many workers load, the keys of the batches that are left, and what loads one."""
        if isinstance(self.dataset, IterableDataset):
            collate = self.collate_fn or default_collate
            stream = Stream(self.dataset, self.batch_size, self.drop_last, collate)
            return (1, count(), stream) if self.num_workers else (0, stream.batches(), as_it_is)
        if self.batch_sampler is not None and progress.order is None:
            keys = iter(self.batch_sampler)
        else:
            order = self.sampler if progress.order is None else progress.order
            keys = chunks(order, *self._size())
        alone = self.collate_fn is None and is_gathered(self.dataset)
        fetch = Fetch(self.dataset, self.collate_fn)
        return 0 if alone else self.num_workers, islice(keys, progress.batches, None), fetch

    def _ahead(
        self, number: int, keys: Iterable[Any], load: Callable[[Any], Any], progress: Progress
    ) -> Iterator[Any]:
        """The batches, loaded ahead by so many workers."""
        from .workers import KINDS, load_ahead

        if self._living is not None and self._living[0] == os.getpid():
            workers = self._living[1]
        else:  # a forked child leaves its parent's workers alone
            options = (self.multiprocessing_context, self.dataset, load, self.worker_init_fn)
            workers = KINDS[self.worker_kind](number, *options, self.timeout)
        self._living, ended = None, False
        tasks = tasks_of(keys, progress.batches, progress.seed)
        try:
            yield from load_ahead(workers, tasks, number * self.prefetch_factor, self.in_order)
            ended = True
        finally:
            if ended and self.persistent_workers and self._living is None:
                self._living = os.getpid(), workers
            else:
                workers.close()

    def _source(self) -> Any:
        """What the order of samples comes from."""
        return next(x for x in (self.batch_sampler, self.sampler, self.dataset) if x is not None)

    def _size(self) -> tuple[int | None, bool]:
        """The size of batches that are parts of an order, and whether a smaller one is dropped."""
        ordered = isinstance(self.batch_sampler, OrderedBatchSampler)
        source: Any = self.batch_sampler if ordered else self
        return source.batch_size, source.drop_last

    def _order(self) -> Any:
        """The keys of all samples of an epoch, where they are known beforehand."""
        if isinstance(self.batch_sampler, OrderedBatchSampler):
            return self.batch_sampler.order()
        if isinstance(self.dataset, IterableDataset) or self.batch_sampler is not None:
            return None
        sampler: Any = self.sampler
        ordered = getattr(type(sampler), "__iter__", None) is OrderedSampler.__iter__
        return sampler.order() if ordered else positions(sampler)

    def state_dict(self) -> dict[str, Any]:
        """How far the last epoch is that was begun, for `load_state_dict`; `fastnn.save` keeps it.

        It has the number of batches that were taken, the order of the samples and the seed of the
        workers. The states of random generators are not part of it.

        Raises
        ------
        TypeError
            Within an epoch whose order is not known beforehand: that of an `IterableDataset`, of a
            `batch_sampler` other than `BucketBatchSampler`, or of a sampler that is neither a list
            nor one of fastnn's.

        Examples
        --------
        >>> loader = fastnn.data.DataLoader(fastnn.data.TensorDataset(fastnn.arange(6)), 2)
        >>> for (x,) in loader:
        ...     state = loader.state_dict()
        ...     break
        >>> state
        {'batches': 1, 'order': None, 'seed': None}
        >>> loader.load_state_dict(state)
        >>> [x.tolist() for (x,) in loader], [x.tolist() for (x,) in loader]
        ([[2, 3], [4, 5]], [[0, 1], [2, 3], [4, 5]])
        """
        return Progress(self, None).state() if self._progress is None else self._progress.state()

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Let the next epoch be the rest of the one of which `state_dict` is.

        The loader has the same dataset, batch size and kind of sampler.

        Raises
        ------
        TypeError, ValueError
            If it is no such state, or that of a loader with another kind of order, of a larger
            dataset or with more batches. Nothing has changed then.
        """
        sequential = isinstance(self._source(), SequentialSampler)
        has_length = not isinstance(self.dataset, IterableDataset) and hasattr(
            type(self.dataset), "__len__"
        )
        size = len(self.dataset) if has_length else None
        progress = restored(state_dict, self._source(), sequential, size)
        if progress.order is not None:
            ordered = isinstance(self.batch_sampler, (OrderedBatchSampler, type(None)))
            if not ordered or isinstance(self.dataset, IterableDataset):
                raise ValueError(
                    "DataLoader: the state has an order of samples, this one takes it from "
                    f"{type(self._source()).__name__}"
                )
            most = number_of_chunks(len(progress.order), *self._size())
            if progress.batches > most:
                raise ValueError(
                    f"DataLoader: the state is after {progress.batches} batches, an epoch has "
                    f"{most}"
                )
        begun = progress.order is not None or progress.seed is not None
        self._progress = self._resumed = progress if begun else None


def as_it_is(batch: Any) -> Any:
    return batch


class Fetch:
    """Loads the samples with some keys, as one batch."""

    def __init__(self, dataset: Any, collate_fn: Callable[[list[Any]], Any] | None) -> None:
        self.dataset, self.collate_fn = dataset, collate_fn

    def __call__(self, keys: Any) -> Any:
        if self.collate_fn is None:
            batch = gather(self.dataset, keys)
            if batch is not None:
                return batch
        several = keys.tolist() if isinstance(keys, np.ndarray) else list(keys)
        together = getattr(self.dataset, "__getitems__", None)
        samples = together(several) if together else [self.dataset[key] for key in several]
        return (self.collate_fn or default_collate)(samples)


class Stream:
    """Loads the batches of an `IterableDataset` one after the other."""

    def __init__(self, dataset: Any, size: int | None, drop_last: bool, collate: Any) -> None:
        self.dataset, self.size, self.drop_last, self.collate = dataset, size, drop_last, collate
        self.epoch: Iterator[Any] = iter(())

    def batches(self) -> Iterator[Any]:
        return map(self.collate, chunks(iter(self.dataset), self.size, self.drop_last))

    def __call__(self, batch: int) -> Any:
        """The next batch, that of a new epoch for number 0; `End` behind the last one."""
        if batch == 0:
            self.epoch = self.batches()
        return next(self.epoch, End())


def check_not_data(batch_size: Any) -> None:
    """Raise ValueError where a batch size is the array of targets."""
    if isinstance(batch_size, (list, tuple, Tensor, np.ndarray)) and np.ndim(batch_size):
        raise ValueError(
            f"DataLoader: batch_size must be a positive integer, got {type(batch_size).__name__} "
            f"of length {len(batch_size)}; TensorDataset(x, y) makes one dataset of inputs and "
            "targets"
        )


def default_convert(data: Any) -> Any:
    """A sample with tensors for its arrays, in whatever lists, tuples and dicts they are.

    Examples
    --------
    >>> fastnn.data.default_convert({"x": np.ones(2, np.float32), "name": "a"})
    {'x': tensor([1., 1.]), 'name': 'a'}
    """
    if isinstance(data, (np.ndarray, np.generic)) and kind(data.dtype) in REAL:
        return Tensor(np.asarray(data))
    if isinstance(data, Mapping):
        return {key: default_convert(value) for key, value in data.items()}
    if isinstance(data, tuple) and hasattr(data, "_fields"):
        return type(data)(*[default_convert(value) for value in data])
    if isinstance(data, (tuple, list)):
        return type(data)(default_convert(value) for value in data)
    return data


def default_collate(batch: list[Any]) -> Any:
    """Combine samples into a batch: stack numbers and arrays, recurse into tuples and dicts.

    Examples
    --------
    >>> fastnn.data.default_collate([(1, 2.0), (3, 4.0)])
    (tensor([1, 3]), tensor([2., 4.]))
    """
    return collate(batch, "")


def collate(batch: list[Any], part: str) -> Any:
    """A batch of the same part of several samples; `part` is how to get at it, such as ``[0]``."""
    if not len(batch):
        raise ValueError("default_collate: there are no samples")
    first = batch[0]
    if isinstance(first, (str, bytes)):
        return batch
    try:
        if isinstance(first, Tensor):
            return stack(batch)
        if isinstance(first, np.ndarray):
            return Tensor(np.stack(batch))
        if isinstance(first, (int, float, np.generic)):
            return Tensor(as_array(batch))
        columns = columns_of(batch)
    except (TypeError, ValueError, KeyError):
        fault = difference(batch, part)
        if fault is None:
            raise
        raise ValueError(f"default_collate: {fault}") from None
    if isinstance(first, Mapping):
        return {key: collate(column, f"{part}[{key!r}]") for key, column in columns}
    parts = [collate(column, f"{part}[{key!r}]") for key, column in columns]
    if hasattr(first, "_fields"):
        return type(first)(*parts)
    return tuple(parts) if isinstance(first, tuple) else parts


def columns_of(batch: list[Any]) -> list[tuple[Any, list[Any]]]:
    """The keys or numbers of the parts of samples, each with that part of all of them."""
    first = batch[0]
    if isinstance(first, Mapping):
        return [(key, [sample[key] for sample in batch]) for key in first]
    if isinstance(first, (tuple, list)):
        if any(len(sample) != len(first) for sample in batch):
            raise ValueError("default_collate: samples must have the same number of parts")
        return [(i, list(column)) for i, column in enumerate(zip(*batch))]
    kind = type(first).__name__
    fix = "does __getitem__ lack its return?" if first is None else "pass a collate_fn"
    raise TypeError(f"default_collate: cannot batch samples of type {kind}; {fix}")


def difference(batch: list[Any], part: str) -> str | None:
    """How a sample differs from the first; None if none does."""
    first = described(batch[0])
    for i, sample in enumerate(batch):
        if described(sample) != first:
            fix = "pass a collate_fn"
            if hasattr(sample, "shape") and hasattr(batch[0], "shape"):
                fix += ", which may pad them with nn.utils.rnn.pad_sequence"
            return (
                f"sample 0{part} {first}, but sample {i}{part} {described(sample)}; samples of "
                f"one batch must be alike: {fix}"
            )
    return None


def described(sample: Any) -> str:
    """What has to be the same for all samples of a batch."""
    if isinstance(sample, (Tensor, np.ndarray)):
        return f"has shape {tuple(sample.shape)}"
    if isinstance(sample, (tuple, list)):
        return f"has {len(sample)} parts"
    if isinstance(sample, Mapping):
        return f"has the keys {list(sample)}"
    if isinstance(sample, (int, float, np.generic)):
        return "is a number"
    return "is None" if sample is None else f"is of type {type(sample).__name__}"
