"""Batches of sequences of different lengths."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from typing import Any

import numpy as np

from ..dtypes import promote_types
from ..tensor import Tensor, as_array
from .checks import element_of
from .dataloader import columns_of, default_collate, difference

__all__ = ["pad_collate"]


def pad_collate(batch: list[Any], padding_value: Any = 0, batch_first: bool = False) -> Any:
    """Combine samples whose sequences differ in length: these are padded at their ends.

    It is the `collate_fn` of a `DataLoader`; ``functools.partial(pad_collate, padding_value=1)``
    has other arguments.

    Parameters
    ----------
    batch
        Samples: sequences, or tuples or dicts of sequences and others. A sequence is a list of
        numbers, or an array or tensor of shape (T, …), of which T may differ between samples.
    padding_value
        What sequences are padded with; or a tuple or a dict, as the samples are, with a number for
        each part, such as the `ignore_index` of a loss for targets.
    batch_first
        The order of padded sequences: (T, N, …), which recurrent layers take by default, or
        (N, T, …).

    Returns
    -------
    object
        For each sequence the pair of a tensor, with T of the longest, and the lengths, (N,); for
        numbers, strings and others what `default_collate` makes of them.

    Raises
    ------
    ValueError
        If there are no samples, they differ in more than the lengths of sequences, or sequences
        cannot hold `padding_value`.
    TypeError
        If a sequence is not of numbers.

    Examples
    --------
    >>> samples = [([5, 6, 7], 1), ([8], 0)]
    >>> (tokens, lengths), labels = fastnn.data.pad_collate(samples, batch_first=True)
    >>> tokens, lengths, labels
    (tensor([[5, 6, 7],
            [8, 0, 0]]), tensor([3, 1]), tensor([1, 0]))
    """
    if not len(batch):
        raise ValueError("pad_collate: there are no samples")
    return collated(batch, padding_value, batch_first, "")


def collated(batch: list[Any], value: Any, batch_first: bool, part: str) -> Any:
    """The same part of all samples; `part` is how to get at it, such as ``[0]``."""
    first = batch[0]
    if isinstance(first, (tuple, Mapping)):
        kind = tuple if isinstance(first, tuple) else Mapping
        alike = all(isinstance(s, kind) and len(s) == len(first) for s in batch)
        if not alike or (kind is Mapping and any(set(s) != set(first) for s in batch)):
            raise ValueError(f"pad_collate: {difference(batch, part)}")
        return collated_parts(batch, value, batch_first, part)
    if isinstance(value, (tuple, Mapping)):
        raise ValueError(f"pad_collate: padding_value{part} must be a number, got {value!r}")
    if isinstance(first, list) or (isinstance(first, (np.ndarray, Tensor)) and first.ndim):
        return padded(batch, value, batch_first, part)
    return default_collate(batch)


def collated_parts(batch: list[Any], value: Any, batch_first: bool, part: str) -> Any:
    """The parts of samples that are tuples or dicts."""
    first, columns = batch[0], columns_of(batch)
    names = [key for key, _ in columns]
    values = dict.fromkeys(names, value)
    if isinstance(value, (tuple, Mapping)):
        values = dict(value) if isinstance(value, Mapping) else dict(enumerate(value))
        if set(values) != set(names) or isinstance(value, Mapping) != isinstance(first, Mapping):
            raise ValueError(
                f"pad_collate: padding_value{part} must have the parts {names} of samples, got "
                f"{value!r}"
            )
    out = {k: collated(c, values[k], batch_first, f"{part}[{k!r}]") for k, c in columns}
    if isinstance(first, Mapping):
        return out
    return type(first)(*out.values()) if hasattr(first, "_fields") else tuple(out.values())


def padded(batch: list[Any], value: Any, batch_first: bool, part: str) -> tuple[Tensor, Tensor]:
    """Sequences as one tensor, and their lengths."""
    arrays = [sequence_of(s, f"sample {i}{part}") for i, s in enumerate(batch)]
    some = [a for s, a in zip(batch, arrays) if len(a) or not isinstance(s, list)] or arrays
    rest, dtype = some[0].shape[1:], reduce(promote_types, [a.dtype for a in some])
    for i, (sequence, array) in enumerate(zip(batch, arrays)):
        if array.shape[1:] != rest and (len(array) or not isinstance(sequence, list)):
            raise ValueError(
                f"pad_collate: sample {i}{part} has shape {array.shape}, others have (T, "
                f"{', '.join(map(str, rest))}): sequences may differ in their first dimension alone"
            )
    element = element_of("pad_collate", f"padding_value{part}", value, dtype)
    lengths = np.array([len(array) for array in arrays])
    longest = int(lengths.max())
    shape = (len(arrays), longest) if batch_first else (longest, len(arrays))
    out = np.full((*shape, *rest), element, dtype)
    there = np.arange(longest) < lengths[:, None]
    (out if batch_first else out.swapaxes(0, 1))[there] = np.concatenate(
        [array.reshape(len(array), *rest) for array in arrays]
    )
    return Tensor(out), Tensor(lengths)


def sequence_of(sequence: Any, name: str) -> np.ndarray[Any, np.dtype[Any]]:
    """A sequence as an array."""
    if not isinstance(sequence, (list, np.ndarray, Tensor)):
        raise ValueError(
            f"pad_collate: {name} is of type {type(sequence).__name__}, others are sequences"
        )
    if isinstance(sequence, Tensor) and sequence.requires_grad:
        raise ValueError(f"pad_collate: {name} requires a gradient; use nn.utils.rnn.pad_sequence")
    try:
        array = as_array(sequence)
    except (TypeError, ValueError) as problem:
        raise TypeError(f"pad_collate: {name} is no sequence of numbers: {problem}") from None
    if array.dtype.kind not in "biufc" or not array.ndim:
        raise TypeError(f"pad_collate: {name} is no sequence of numbers, it is of {array.dtype}")
    return array
