"""Samplers: the order in which samples are loaded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Sized
from itertools import chain, islice, takewhile
from operator import index
from typing import Any

import numpy as np

from ..random import Generator, default_generator

__all__ = [
    "BatchSampler",
    "RandomSampler",
    "Sampler",
    "SequentialSampler",
    "SubsetRandomSampler",
    "WeightedRandomSampler",
]

BLOCK = 1 << 20  # indices that are drawn at once beyond the size of a dataset: 8 MB


class Sampler:
    """Yields indices or keys of samples; a subclass defines ``__iter__``.

    One that knows how many it yields also defines ``__len__``.
    """

    def __init__(self, data_source: Any = None) -> None:
        self.data_source = data_source

    def __iter__(self) -> Iterator[Any]:
        raise NotImplementedError(f"{type(self).__name__}: define a method __iter__(self)")


class OrderedSampler(Sampler):
    """A sampler that knows the order of a whole epoch, of which `DataLoader` takes slices."""

    def order(self) -> Any:
        """The indices of one epoch: a range, an array, or None if `blocks` has them."""
        raise NotImplementedError(f"{type(self).__name__}: define a method order(self)")

    def blocks(self) -> Iterator[Any]:
        """The indices of one epoch in arrays of bounded size, drawn when they are asked for."""
        raise NotImplementedError(f"{type(self).__name__}: define a method blocks(self)")

    def __iter__(self) -> Iterator[Any]:
        order = self.order()
        if order is None:
            return chain.from_iterable(block.tolist() for block in self.blocks())
        return iter(order if isinstance(order, range) else order.tolist())


class SequentialSampler(OrderedSampler):
    """Indices in ascending order."""

    def __init__(self, data_source: Sized) -> None:
        self.data_source = data_source

    def order(self) -> range:
        """All indices."""
        return range(len(self.data_source))

    def __len__(self) -> int:
        return len(self.data_source)


class RandomSampler(OrderedSampler):
    """Indices in random order, shuffled anew in each epoch.

    Parameters
    ----------
    data_source
        The dataset.
    replacement
        Whether to draw with replacement.
    num_samples
        Number of samples in an epoch; by default the size of the dataset. Without replacement, a
        larger number takes the whole dataset as often as it fits, each time in a new order, and
        the beginning of one more.
    generator
        Random number generator.

    Raises
    ------
    ValueError
        If `num_samples` is not a positive integer.
    """

    def __init__(
        self,
        data_source: Sized,
        replacement: bool = False,
        num_samples: int | None = None,
        generator: Generator | None = None,
    ) -> None:
        self.data_source = data_source
        self.replacement = replacement
        self.num_samples = (
            None if num_samples is None else positive("RandomSampler", "num_samples", num_samples)
        )
        self.generator = generator

    def order(self) -> Any:
        """The indices of one epoch, as an array; None for many more than the dataset has."""
        if len(self) > max(len(self.data_source), BLOCK):
            return None
        rounds = list(self.blocks())
        return np.concatenate(rounds) if rounds else np.zeros(0, np.int64)

    def blocks(self) -> Iterator[Any]:
        """The indices of one epoch in arrays of bounded size, drawn when they are asked for."""
        draw = (self.generator or default_generator).numpy
        size, left = len(self.data_source), len(self)
        while size and left > 0:
            if self.replacement:
                count = min(left, max(size, BLOCK))
                yield draw.integers(0, size, count)
                left -= count
            else:
                yield draw.permutation(size)[:left]
                left -= size

    def __len__(self) -> int:
        return len(self.data_source) if self.num_samples is None else self.num_samples


class SubsetRandomSampler(OrderedSampler):
    """Given indices in random order, shuffled anew in each epoch.

    Parameters
    ----------
    indices
        The indices.
    generator
        Random number generator.

    Examples
    --------
    >>> sorted(fastnn.data.SubsetRandomSampler([7, 3, 5]))
    [3, 5, 7]
    """

    def __init__(self, indices: Sequence[int], generator: Generator | None = None) -> None:
        self.indices = indices
        self.generator = generator

    def order(self) -> Any:
        """The indices of one epoch, as an array."""
        draw = (self.generator or default_generator).numpy
        return draw.permutation(np.asarray(self.indices, np.int64))

    def __len__(self) -> int:
        return len(self.indices)


class WeightedRandomSampler(OrderedSampler):
    """Random indices drawn with given weights.

    Parameters
    ----------
    weights
        One number for each sample, at least 0; they need not add up to 1.
    num_samples
        Number of samples in an epoch.
    replacement
        Whether a sample may be drawn again. If not, each draw is from those that are left.
    generator
        Random number generator.

    Raises
    ------
    ValueError
        If weights are not finite, negative or all 0, if `num_samples` is not a positive integer,
        or if it is more than there are weights above 0 without replacement.

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
        name = "WeightedRandomSampler"
        self.weights = np.asarray(weights, np.float64)
        if self.weights.ndim != 1:
            raise ValueError(f"{name}: weights must be a list of numbers, got {weights!r}")
        bad = np.flatnonzero(~((self.weights >= 0) & np.isfinite(self.weights)))
        if bad.size:
            raise ValueError(
                f"{name}: weights must be finite and >= 0, weights[{bad[0]}] is "
                f"{self.weights[bad[0]]}"
            )
        above = np.count_nonzero(self.weights)
        if not above:
            raise ValueError(f"{name}: weights must not be all 0")
        self.num_samples = positive(name, "num_samples", num_samples)
        if not replacement and self.num_samples > above:
            raise ValueError(
                f"{name}: num_samples must be at most the number of weights above 0, {above}, "
                f"without replacement, got {num_samples}"
            )
        self.replacement = replacement
        self.generator = generator

    def order(self) -> Any:
        """The indices of one epoch, as an array."""
        draw = (self.generator or default_generator).numpy
        shares = self.weights / self.weights.max()  # their sum is finite
        shares /= shares.sum()
        return draw.choice(len(shares), self.num_samples, self.replacement, shares)

    def __len__(self) -> int:
        return self.num_samples


class BatchSampler(Sampler):
    """Groups the indices of a sampler into lists of `batch_size`.

    Examples
    --------
    >>> list(fastnn.data.BatchSampler(range(5), 2, drop_last=False))
    [[0, 1], [2, 3], [4]]
    """

    def __init__(self, sampler: Iterable[Any], batch_size: int, drop_last: bool) -> None:
        self.sampler = sampler
        self.batch_size = positive("BatchSampler", "batch_size", batch_size)
        self.drop_last = drop_last

    def __iter__(self) -> Iterator[list[Any]]:
        return chunks(iter(self.sampler), self.batch_size, self.drop_last)

    def __len__(self) -> int:
        return number_of_chunks(
            length("BatchSampler", self.sampler), self.batch_size, self.drop_last
        )


class OrderedBatchSampler(Sampler):
    """Batches that are consecutive parts of an order of the whole epoch, which it knows.

    So `DataLoader.state_dict` works within an epoch. A subclass defines ``order`` and has
    ``batch_size`` and ``drop_last``.
    """

    batch_size: int
    drop_last: bool

    def order(self) -> Any:
        """The indices of one epoch, as an array."""
        raise NotImplementedError(f"{type(self).__name__}: define a method order(self)")

    def __iter__(self) -> Iterator[list[Any]]:
        parts = chunks(self.order(), self.batch_size, self.drop_last)
        return (part.tolist() for part in parts)


def chunks(source: Any, size: int | None, drop_last: bool) -> Iterator[Any]:
    """Consecutive parts of `size` elements, or one with all of them for None.

    They are slices of a range or an array. Of anything else, which may be endless, they are lists,
    and no more elements are taken than a part needs.
    """
    if isinstance(source, (range, np.ndarray)):
        step, end = size or max(len(source), 1), len(source)
        if drop_last and size is not None:
            end -= end % size
        return (source[start : start + step] for start in range(0, end, step))
    rest = iter(source)
    parts = iter(lambda: list(islice(rest, size)), [])
    return takewhile(lambda part: len(part) == size, parts) if drop_last and size else parts


def number_of_chunks(count: int, size: int | None, drop_last: bool) -> int:
    """The number of parts that `chunks` yields of `count` elements."""
    if size is None:
        return min(count, 1)
    return count // size if drop_last else -(-count // size)


def length(name: str, source: Any) -> int:
    """``len(source)``; TypeError, with which Python says that it is unknown, if there is none."""
    try:
        return len(source)
    except (TypeError, NotImplementedError) as problem:
        raise TypeError(
            f"{name}: the number of batches is unknown, {type(source).__name__} has no length"
        ) from problem


def positive(name: str, argument: str, value: Any) -> int:
    """An argument that must be a positive integer."""
    try:
        number = index(value)
    except TypeError:
        number = 0
    if number < 1:
        raise ValueError(f"{name}: {argument} must be a positive integer, got {value!r}")
    return number
