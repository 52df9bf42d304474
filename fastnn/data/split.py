"""Splitting arrays into a training and a test part."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..random import Generator
from ..tensor import Tensor
from .dataset import Dataset, Subset
from .draws import generator_of

__all__ = ["train_test_split"]

NAME = "train_test_split"


def train_test_split(
    *arrays: Any,
    test_size: float = 0.25,
    stratify: Any = None,
    shuffle: bool = True,
    generator: Generator | int | None = None,
) -> list[Any]:
    r"""Split arrays at random into a training and a test part, of the same samples in all of them.

    Parameters
    ----------
    arrays
        Arrays, tensors, lists or datasets of equal length.
    test_size
        The share of the test part, rounded upwards to samples, or an integer: its number of
        samples.
    stratify
        The class of each sample, as integers, booleans or strings: both parts have classes in the
        same shares, as far as numbers of samples allow.
    shuffle
        Whether parts are drawn and in random order. If not, the test part is what comes last, in
        all or of each class.
    generator
        Random number generator, or a seed for one; by default that of `fastnn.manual_seed`.

    Returns
    -------
    list
        For each argument its training and its test part: copies, for a dataset `Subset`\ s.

    Raises
    ------
    TypeError
        If an argument has no length, or `stratify` has floats.
    ValueError
        If lengths differ, one of the parts would be empty, or a class has a single sample.

    Examples
    --------
    >>> x, y = np.arange(8), [0, 0, 0, 0, 0, 0, 1, 1]
    >>> parts = fastnn.data.train_test_split(x, y, test_size=0.5, stratify=y, generator=0)
    >>> [len(part) for part in parts], sorted(parts[2]), sorted(parts[3])
    ([4, 4, 4, 4], [0, 0, 0, 1], [0, 0, 0, 1])
    """
    lengths = [length_of(array, i) for i, array in enumerate(arrays)]
    if not arrays or len(set(lengths)) != 1:
        raise ValueError(f"{NAME}: expected arrays of equal lengths, got lengths {lengths}")
    count = lengths[0]
    test = test_count(test_size, count)
    classes = np.zeros(count, np.int64) if stratify is None else classes_of(stratify, count)
    draw = generator_of(NAME, generator)
    order = draw.numpy.permutation(count) if shuffle else np.arange(count)
    chosen = np.empty(count, np.bool_)
    own = classes[order]
    sizes = np.bincount(own)
    by_class = np.argsort(own, kind="stable")
    rank = np.arange(count) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    chosen[by_class] = rank >= np.repeat(sizes - shares(sizes, test), sizes)
    parts = (order[~chosen], order[chosen])
    return [taken(array, indices) for array in arrays for indices in parts]


def shares(sizes: Any, test: int) -> Any:
    """How many samples of classes of these sizes are tests: their shares, by largest remainder."""
    quotient, remainder = np.divmod(sizes * test, sizes.sum())
    more = np.argsort(-remainder, kind="stable")[: test - quotient.sum()]
    quotient[more] += 1
    return quotient


def length_of(array: Any, number: int) -> int:
    """The length of an argument."""
    try:
        return len(array)
    except TypeError:
        raise TypeError(
            f"{NAME}: argument {number} must be an array, a tensor, a list or a dataset, got "
            f"{type(array).__name__}"
        ) from None


def test_count(size: Any, count: int) -> int:
    """The number of tests."""
    whole = isinstance(size, (int, np.integer)) and not isinstance(size, bool)
    if whole and 0 < size < count:
        return int(size)
    if isinstance(size, (float, np.floating)) and 0 < size < 1 and count > 1:
        return min(int(np.ceil(size * count)), count - 1)
    raise ValueError(
        f"{NAME}: test_size must be a share between 0 and 1, or a number of samples that leaves "
        f"some of {count}, got {size!r}"
    )


def classes_of(stratify: Any, count: int) -> Any:
    """The number of each sample's class."""
    labels = np.asarray(stratify._array if isinstance(stratify, Tensor) else stratify)
    if labels.shape != (count,):
        raise ValueError(
            f"{NAME}: stratify must have a class for each of {count} samples, got shape "
            f"{labels.shape}"
        )
    if labels.dtype.kind not in "biuUS":
        raise TypeError(
            f"{NAME}: stratify must have integers, booleans or strings, got {labels.dtype}"
        )
    names, numbers, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    if sizes.min() < 2:
        raise ValueError(f"{NAME}: class {names[sizes.argmin()]} has a single sample")
    return numbers


def taken(array: Any, indices: Any) -> Any:
    """Some samples of an argument, as what it is."""
    if isinstance(array, Dataset):
        return Subset(array, indices)
    if isinstance(array, (np.ndarray, Tensor)):
        return array[indices]
    return [array[i] for i in indices.tolist()]
