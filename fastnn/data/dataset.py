"""Datasets: collections of samples."""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ..ops.create import randperm
from ..random import Generator
from ..tensor import Tensor, TensorLike, as_array

__all__ = ["ConcatDataset", "Dataset", "IterableDataset", "Subset", "TensorDataset", "random_split"]


class Dataset:
    """Samples accessed by index; a subclass defines ``__getitem__`` and ``__len__``."""

    def __getitem__(self, index: Any) -> Any:
        raise NotImplementedError(
            f"{type(self).__name__}: define a method __getitem__(self, index)"
        )

    def __len__(self) -> int:
        raise NotImplementedError(f"{type(self).__name__}: define a method __len__(self)")

    def __add__(self, other: Dataset) -> ConcatDataset:
        return ConcatDataset([self, other])


class IterableDataset(Dataset):
    """Samples read in sequence; a subclass defines ``__iter__``."""

    def __iter__(self) -> Iterator[Any]:
        raise NotImplementedError(f"{type(self).__name__}: define a method __iter__(self)")


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

    def batch(self, indices: Any) -> tuple[Tensor, ...]:
        """The samples at `indices` (an index array or a slice), gathered together."""
        if isinstance(indices, slice):
            return tuple([Tensor(x._array[indices]) for x in self.tensors])
        return tuple([Tensor(x._array.take(indices, axis=0)) for x in self.tensors])


class Subset(Dataset):
    """The samples of a dataset at given indices.

    Examples
    --------
    >>> data = fastnn.data.TensorDataset(fastnn.arange(10))
    >>> fastnn.data.Subset(data, [8, 9])[0]
    (tensor(8),)
    """

    def __init__(self, dataset: Any, indices: Any) -> None:
        self.dataset = dataset
        self.indices: Any = np.asarray(indices, np.int64)
        if hasattr(dataset, "batch"):
            self.batch = lambda wanted: dataset.batch(self.indices[wanted])

    def __getitem__(self, index: Any) -> Any:
        return self.dataset[int(self.indices[index])]

    def __len__(self) -> int:
        return len(self.indices)


class ConcatDataset(Dataset):
    """The concatenation of several datasets.

    Examples
    --------
    >>> a, b = (fastnn.data.TensorDataset(fastnn.arange(n)) for n in (2, 3))
    >>> len(a + b), (a + b)[-1]
    (5, (tensor(2),))
    """

    def __init__(self, datasets: Sequence[Dataset]) -> None:
        self.datasets = list(datasets)
        if not self.datasets:
            raise ValueError("ConcatDataset: expected at least one dataset")
        self.ends = list(itertools.accumulate(len(d) for d in self.datasets))

    def __getitem__(self, index: int) -> Any:
        size = len(self)
        if not -size <= index < size:
            raise IndexError(f"ConcatDataset: index {index} is out of range for {size} samples")
        index %= size
        which = bisect.bisect_right(self.ends, index)
        return self.datasets[which][index - (self.ends[which - 1] if which else 0)]

    def __len__(self) -> int:
        return self.ends[-1]


def random_split(
    dataset: Dataset, lengths: Sequence[float], generator: Generator | None = None
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
    if abs(sum(lengths) - 1) < 1e-6 and all(0 <= share <= 1 for share in lengths):
        sizes = [int(size * share) for share in lengths]
        for i in range(size - sum(sizes)):
            sizes[i % len(sizes)] += 1
    else:
        sizes = [int(n) for n in lengths]
    if sum(sizes) != size or any(n < 0 for n in sizes):
        raise ValueError(f"random_split: lengths {list(lengths)} do not add up to {size} samples")
    order = randperm(size, generator=generator)._array
    ends = list(itertools.accumulate(sizes))
    return [Subset(dataset, order[end - n : end]) for end, n in zip(ends, sizes)]
