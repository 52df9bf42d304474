"""Datasets: collections of samples."""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, SupportsIndex

import numpy as np

from ..ops.create import randperm
from ..random import Generator
from ..tensor import Tensor, TensorLike, as_array

__all__ = [
    "ChainDataset",
    "ConcatDataset",
    "Dataset",
    "IterableDataset",
    "StackDataset",
    "Subset",
    "TensorDataset",
    "random_split",
]


class Dataset:
    """Samples accessed by index; a subclass defines ``__getitem__`` and ``__len__``.

    One without ``__len__``, or whose keys are not the integers from 0, needs a sampler. As in
    PyTorch, a subclass may define ``__getitems__``, which gets the keys of a batch and returns the
    list of their samples.
    """

    def __getitem__(self, index: Any) -> Any:
        raise NotImplementedError(
            f"{type(self).__name__}: define a method __getitem__(self, index)"
        )

    def __add__(self, other: Any) -> ConcatDataset:
        return ConcatDataset([self, other])


class IterableDataset(Dataset):
    """Samples read in sequence; a subclass defines ``__iter__``, and ``__len__`` if it knows."""

    def __iter__(self) -> Iterator[Any]:
        raise NotImplementedError(f"{type(self).__name__}: define a method __iter__(self)")

    def __add__(self, other: Any) -> Any:
        return ChainDataset([self, other])


class ChainDataset(IterableDataset):
    """The samples of several iterable datasets, one after the other.

    Parameters
    ----------
    datasets
        The datasets.

    Examples
    --------
    >>> class Count(fastnn.data.IterableDataset):
    ...     def __iter__(self):
    ...         return iter([1, 2])
    >>> list(fastnn.data.ChainDataset([Count(), Count()]))
    [1, 2, 1, 2]
    """

    def __init__(self, datasets: Iterable[Any]) -> None:
        self.datasets = list(datasets)
        if wrong := [d for d in self.datasets if not isinstance(d, IterableDataset)]:
            raise TypeError(
                f"ChainDataset: expected iterable datasets, got {type(wrong[0]).__name__}"
            )

    def __iter__(self) -> Iterator[Any]:
        return itertools.chain.from_iterable(self.datasets)

    def __len__(self) -> int:
        return sum(len(d) for d in self.datasets)


class StackDataset(Dataset):
    """Samples made of those of several datasets: tuples, or dicts where the datasets have names.

    Parameters
    ----------
    args
        Datasets of equal length; or
    kwargs
        such datasets by name.

    Examples
    --------
    >>> fastnn.data.StackDataset(x=["a", "b"], y=[1, 2])[1]
    {'x': 'b', 'y': 2}
    """

    datasets: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if bool(args) == bool(kwargs):
            raise ValueError("StackDataset: expected datasets, all by position or all by name")
        self.datasets = kwargs or args
        lengths = [len(d) for d in self._parts]
        if len(set(lengths)) != 1:
            raise ValueError(f"StackDataset: datasets must have equal lengths, got {lengths}")

    @property
    def _parts(self) -> list[Any]:
        return list(self.datasets.values() if isinstance(self.datasets, dict) else self.datasets)

    def __getitem__(self, index: Any) -> Any:
        samples = [d[index] for d in self._parts]
        return dict(zip(self.datasets, samples)) if isinstance(self.datasets, dict) else (*samples,)

    def __len__(self) -> int:
        return len(self._parts[0])


class TensorDataset(Dataset):
    """Tensors whose first dimension indexes the samples.

    Parameters
    ----------
    tensors
        Tensors or arrays of equal length; they are shared, not copied.

    Examples
    --------
    >>> data = fastnn.data.TensorDataset(fastnn.eye(3), fastnn.arange(3))
    >>> len(data), data[1]
    (3, (tensor([0., 1., 0.]), tensor(1)))
    """

    def __init__(self, *tensors: TensorLike) -> None:
        self.tensors = tuple([x if isinstance(x, Tensor) else Tensor(as_array(x)) for x in tensors])
        if not self.tensors:
            raise ValueError("TensorDataset: expected at least one tensor")
        shapes = [x.shape for x in self.tensors]
        if any(not shape or shape[0] != shapes[0][0] for shape in shapes):
            raise ValueError(f"TensorDataset: tensors must have equal lengths, got shapes {shapes}")

    def __getitem__(self, index: Any) -> tuple[Tensor, ...]:
        return tuple([x[index] for x in self.tensors])

    def __len__(self) -> int:
        return len(self.tensors[0])


class Subset(Dataset):
    """The samples of a dataset at given indices.

    Parameters
    ----------
    dataset
        The dataset.
    indices
        Integers, or keys of another type that the dataset has.

    Examples
    --------
    >>> data = fastnn.data.TensorDataset(fastnn.arange(10))
    >>> fastnn.data.Subset(data, [8, 9])[0]
    (tensor(8),)
    """

    def __init__(self, dataset: Any, indices: Any) -> None:
        self.dataset = dataset
        keys = indices._array if isinstance(indices, Tensor) else indices
        array = positions(keys)
        self.indices: Any = list(keys) if array is None else array
        if array is None and any(isinstance(i, (bool, np.bool_)) for i in self.indices):
            raise TypeError("Subset: indices must not be a mask; pass np.flatnonzero(mask)")

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, list) and isinstance(self.indices, list):
            return self.dataset[[self.indices[i] for i in index]]
        key = self.indices[index]
        return self.dataset[key.item() if isinstance(key, np.integer) else key]

    def __len__(self) -> int:
        return len(self.indices)


def gather(dataset: Any, keys: Any) -> tuple[Tensor, ...] | None:
    """The samples at `keys` as one batch, in memory of its own, where no `Dataset` need be asked.

    That is a `TensorDataset` or a `Subset` of one, whose keys are integers. None for any other
    dataset: a subclass that overrides ``__getitem__`` decides what its samples are.
    """
    method = getattr(type(dataset), "__getitem__", None)
    if type(keys) is range and 0 <= keys.start <= keys.stop <= len(dataset) and keys.step == 1:
        keys = slice(keys.start, keys.stop)
    elif (keys := positions(keys)) is None:
        return None
    if method is Subset.__getitem__ and isinstance(dataset.indices, np.ndarray):
        return gather(dataset.dataset, dataset.indices[keys])
    if method is TensorDataset.__getitem__:
        return tuple([taken(x, keys) for x in dataset.tensors])
    return None


def is_gathered(dataset: Any) -> bool:
    """Whether `gather` has the batches of a dataset, for keys that are integers."""
    method = getattr(type(dataset), "__getitem__", None)
    if method is Subset.__getitem__ and isinstance(dataset.indices, np.ndarray):
        return is_gathered(dataset.dataset)
    return method is TensorDataset.__getitem__


def taken(x: Tensor, keys: Any) -> Tensor:
    """Copies of some rows of a tensor; a changed batch does not change the dataset."""
    if x.requires_grad:
        return x[keys].clone() if isinstance(keys, slice) else x[keys]
    array = x._array
    if isinstance(keys, slice):
        return Tensor(np.array(array[keys], order="K"))
    if array.flags.c_contiguous and array.flags.aligned:
        return Tensor(array.take(keys, axis=0))
    return Tensor(array[keys])  # `take` would copy all of it first


def positions(keys: Any) -> Any:
    """Keys as an array of int64, None if they are not integers."""
    if isinstance(keys, np.ndarray):
        if keys.ndim != 1 or keys.dtype.kind not in "iu":
            return None
        if keys.dtype == np.uint64 and (keys > np.iinfo(np.int64).max).any():
            raise IndexError(f"no dataset has a sample {keys.max()}")
        return keys if keys.dtype == np.int64 else keys.astype(np.int64)
    if isinstance(keys, Tensor):
        return positions(keys._array)
    if isinstance(keys, range) or (
        isinstance(keys, (list, tuple)) and set(map(type, keys)) <= {int, np.int64}
    ):
        return np.array(keys, np.int64)
    return None


class ConcatDataset(Dataset):
    """The concatenation of several datasets.

    Examples
    --------
    >>> a, b = (fastnn.data.TensorDataset(fastnn.arange(n)) for n in (2, 3))
    >>> len(a + b), (a + b)[-1]
    (5, (tensor(2),))
    """

    def __init__(self, datasets: Iterable[Any]) -> None:
        self.datasets = list(datasets)
        if not self.datasets:
            raise ValueError("ConcatDataset: expected at least one dataset")
        self.ends = list(itertools.accumulate(len(d) for d in self.datasets))

    def __getitem__(self, index: SupportsIndex) -> Any:
        index, size = index.__index__(), len(self)
        if not -size <= index < size:
            raise IndexError(f"ConcatDataset: index {index} is out of range for {size} samples")
        index %= size
        which = bisect.bisect_right(self.ends, index)
        return self.datasets[which][index - (self.ends[which - 1] if which else 0)]

    def __len__(self) -> int:
        return self.ends[-1]


def random_split(
    dataset: Any, lengths: Sequence[float], generator: Generator | None = None
) -> list[Subset]:
    """Split a dataset at random into parts without common samples.

    Parameters
    ----------
    dataset
        The dataset to split.
    lengths
        Numbers of samples, or fractions that add up to 1; the first parts get one more sample each
        if the fractions leave a remainder.
    generator
        Random number generator.

    Examples
    --------
    >>> data = fastnn.data.TensorDataset(fastnn.arange(10))
    >>> [len(part) for part in fastnn.data.random_split(data, [0.75, 0.25])]
    [8, 2]
    """
    size = len(dataset)
    parts: list[Any] = list(lengths)
    if abs(sum(parts) - 1) < 1e-6 and all(0 <= share <= 1 for share in parts):
        parts = [int(size * share) for share in parts]
        for i in range(size - sum(parts)):
            parts[i % len(parts)] += 1
    if sum(parts) != size or not all(n >= 0 and n % 1 == 0 for n in parts):
        raise ValueError(f"random_split: lengths {list(lengths)} do not add up to {size} samples")
    order = randperm(size, generator=generator)._array
    ends = list(itertools.accumulate(map(int, parts)))
    return [Subset(dataset, order[begin:end]) for begin, end in zip([0, *ends], ends)]
