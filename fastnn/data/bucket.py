"""Batches of samples of similar length."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..random import Generator
from ..tensor import Tensor
from .checks import check_bool
from .draws import generator_of
from .sampler import OrderedBatchSampler, number_of_chunks, positive

__all__ = ["BucketBatchSampler"]


class BucketBatchSampler(OrderedBatchSampler):
    """Batches of samples of similar length, so that little padding is needed.

    Samples are shuffled and divided into pools of `pool` batches; each pool is sorted by length and
    cut into batches, and all batches are shuffled. If `batch_size` does not divide the number of
    samples, the last batch has a few of all lengths, drawn at random.

    Parameters
    ----------
    lengths
        The length of each sample.
    batch_size
        Samples in a batch.
    drop_last
        Whether to drop a smaller last batch.
    shuffle
        Whether to do so. If not, samples are in the order of their lengths, as for evaluation.
    pool
        Batches that are sorted together: 1 for batches at random, more for less padding.
    generator
        Random number generator, or a seed for one; by default that of `fastnn.manual_seed`.

    Raises
    ------
    ValueError
        If lengths are not integers of at least 0, or `batch_size` or `pool` is not a positive
        integer.

    Examples
    --------
    >>> lengths = [3, 9, 4, 8, 3, 9]
    >>> batches = fastnn.data.BucketBatchSampler(lengths, 2, generator=0)
    >>> sorted(sorted(lengths[i] for i in batch) for batch in batches)
    [[3, 3], [4, 8], [9, 9]]
    """

    def __init__(
        self,
        lengths: Sequence[int] | Any,
        batch_size: int,
        drop_last: bool = False,
        shuffle: bool = True,
        pool: int = 100,
        generator: Generator | int | None = None,
    ) -> None:
        name = "BucketBatchSampler"
        self.lengths = lengths_of(name, lengths)
        self.batch_size = positive(name, "batch_size", batch_size)
        self.pool = positive(name, "pool", pool)
        self.drop_last = check_bool(name, "drop_last", drop_last)
        self.shuffle = check_bool(name, "shuffle", shuffle)
        self.generator = None if generator is None else generator_of(name, generator)

    def order(self) -> Any:
        """The indices of one epoch, as an array; consecutive parts of it are the batches."""
        if not self.shuffle:
            return np.argsort(self.lengths, kind="stable")
        draw = generator_of("BucketBatchSampler", self.generator).numpy
        samples = draw.permutation(len(self.lengths))
        rest = len(samples) % self.batch_size
        last, samples = samples[:rest], samples[rest:]
        pools = np.arange(len(samples)) // (self.batch_size * self.pool)
        batches = samples[np.lexsort((self.lengths[samples], pools))].reshape(-1, self.batch_size)
        return np.concatenate([batches[draw.permutation(len(batches))].ravel(), last])

    def __len__(self) -> int:
        return number_of_chunks(len(self.lengths), self.batch_size, self.drop_last)


def lengths_of(name: str, lengths: Any) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Lengths as an array."""
    try:
        array = np.asarray(lengths._array if isinstance(lengths, Tensor) else lengths)
    except ValueError:  # lists within lists, of different lengths
        array = np.empty((0, 0))
    if array.shape == (0,):
        array = array.astype(np.int64)
    if array.ndim != 1 or array.dtype.kind not in "iu":
        raise ValueError(f"{name}: lengths must be a list of integers, got {lengths!r:.60}")
    if len(array) and array.min() < 0:
        raise ValueError(
            f"{name}: lengths must be at least 0, lengths[{array.argmin()}] is {array.min()}"
        )
    return array.astype(np.int64)
