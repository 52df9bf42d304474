"""Sequences of different lengths: padded to a common length, or packed without padding."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from ...autograd.record import Array, array
from ...ops.index import index_select, narrow
from ...ops.join import cat, stack
from ...ops.rnn.sequences import checked_lengths, pack_rows, unpack_rows
from ...ops.shape import transpose
from ...tensor import Tensor, TensorLike

__all__ = [
    "PackedSequence",
    "pack_padded_sequence",
    "pack_sequence",
    "pad_packed_sequence",
    "pad_sequence",
    "tbptt",
    "unpad_sequence",
]


class PackedSequence(NamedTuple):
    """The real steps of several sequences, step by step, the longest sequence first.

    Attributes
    ----------
    data
        (R, *) for R real steps.
    batch_sizes
        How many sequences have a step t, (T,).
    sorted_indices
        Which sequence stands at place i, (N,), or None where they were sorted when they came.
    unsorted_indices
        The place of sequence i, (N,), or None.
    """

    data: Tensor
    batch_sizes: Tensor
    sorted_indices: Tensor | None = None
    unsorted_indices: Tensor | None = None


class Packing(NamedTuple):
    """How padded steps (T, N) and packed ones belong together."""

    batch_sizes: Array
    order: Array  # sequences, longest first
    rows: Array  # of each packed step its place t * N + n
    lengths: Array


def packing(lengths: Array) -> Packing:
    """Sort by length, and number the real steps."""
    order = places(lengths)
    real = np.arange(lengths.max(initial=0))[:, None] < lengths[order]
    t, place = np.nonzero(real)
    return Packing(real.sum(axis=1), order, t * len(lengths) + order[place], lengths)


def places(lengths: Array) -> Array:
    """The sequences sorted by length, longest first; those of one length stay in order."""
    order: Array = np.argsort(-lengths, kind="stable")
    return order


def inverse(order: Array) -> Array:
    """The permutation that undoes another."""
    undo = np.empty_like(order)
    undo[order] = np.arange(len(order))
    return undo


def pack_padded_sequence(
    input: TensorLike, lengths: Any, batch_first: bool = False, enforce_sorted: bool = True
) -> PackedSequence:
    """Drop the padding of a batch of sequences.

    Parameters
    ----------
    input
        (T, N, *), or (N, T, *) where `batch_first`.
    lengths
        The real steps of each sequence, from 1 to T.
    batch_first
        Which of the two.
    enforce_sorted
        Whether the sequences must come sorted by length, longest first.

    Returns
    -------
    PackedSequence

    Raises
    ------
    ValueError
        A length is zero, negative or more than T; or they are not sorted and have to be.

    Examples
    --------
    >>> from fastnn.nn.utils.rnn import pack_padded_sequence
    >>> packed = pack_padded_sequence(fastnn.ones(3, 2, 4), [3, 1])
    >>> packed.data.shape, packed.batch_sizes.tolist()
    ((4, 4), [2, 1, 1])
    """
    x = input if isinstance(input, Tensor) else Tensor(array(input))
    if x.ndim < 2:
        raise ValueError(f"pack_padded_sequence: input must have shape (T, N, *), got {x.shape}")
    if batch_first:
        x = transpose(x, 0, 1)
    steps, batch = x.shape[:2]
    n = checked_lengths("pack_padded_sequence", lengths, batch, steps)
    if batch == 0:
        raise ValueError("pack_padded_sequence: input must have at least one sequence")
    if enforce_sorted and (np.diff(n) > 0).any():
        raise ValueError(
            "pack_padded_sequence: lengths must be sorted, longest first; or pass "
            "enforce_sorted=False"
        )
    p = packing(n)
    rest = x.shape[2:]
    rows = pack_rows(x.reshape(steps, batch, int(np.prod(rest, dtype=np.int64))), p.rows)
    data = rows.reshape(len(p.rows), *rest)
    sizes = Tensor(p.batch_sizes)
    if enforce_sorted:
        return PackedSequence(data, sizes)
    return PackedSequence(data, sizes, Tensor(p.order), Tensor(inverse(p.order)))


def pad_packed_sequence(
    sequence: PackedSequence,
    batch_first: bool = False,
    padding_value: float = 0.0,
    total_length: int | None = None,
) -> tuple[Tensor, Tensor]:
    """Undo `pack_padded_sequence`.

    Parameters
    ----------
    sequence
        What was packed.
    batch_first
        Whether to return (N, T, *) instead of (T, N, *).
    padding_value
        What stands behind the end of each sequence.
    total_length
        T, if not the longest length.

    Returns
    -------
    tuple
        The padded sequences, and their lengths (N,).

    Raises
    ------
    ValueError
        `total_length` is less than the longest length.

    Examples
    --------
    >>> from fastnn.nn.utils.rnn import pack_sequence, pad_packed_sequence
    >>> packed = pack_sequence([fastnn.tensor([1.0, 2.0]), fastnn.tensor([3.0])])
    >>> padded, lengths = pad_packed_sequence(packed, batch_first=True)
    >>> padded.tolist(), lengths.tolist()
    ([[1.0, 2.0], [3.0, 0.0]], [2, 1])
    """
    data, sizes = sequence.data, np.asarray(sequence.batch_sizes._array)
    batch = int(sizes[0])
    lengths = (sizes[:, None] > np.arange(batch)).sum(axis=0)
    if sequence.unsorted_indices is not None:
        lengths = lengths[sequence.unsorted_indices._array]
    steps = len(sizes)
    if total_length is not None:
        if total_length < steps:
            raise ValueError(
                f"pad_packed_sequence: total_length must be at least {steps}, the longest length, "
                f"got {total_length}"
            )
        steps = total_length
    p = packing(lengths)
    rest = data.shape[1:]
    width = int(np.prod(rest, dtype=np.int64))
    padded = unpack_rows(
        data.reshape(len(p.rows), width), (steps, batch, width), p.rows, padding_value
    ).reshape(steps, batch, *rest)
    return (transpose(padded, 0, 1) if batch_first else padded), Tensor(lengths)


def pad_sequence(
    sequences: Sequence[TensorLike],
    batch_first: bool = False,
    padding_value: float = 0.0,
    padding_side: str = "right",
) -> Tensor:
    """Stack sequences of different lengths, padded to the longest.

    Parameters
    ----------
    sequences
        Each (L, *) with the same trailing dimensions.
    batch_first
        Whether to return (N, T, *) instead of (T, N, *).
    padding_value
        What stands where a sequence has no step.
    padding_side
        "right" or "left": where that is.

    Returns
    -------
    Tensor
        (T, N, *) or (N, T, *), T the longest length.

    Examples
    --------
    >>> from fastnn.nn.utils.rnn import pad_sequence
    >>> pad_sequence([fastnn.ones(2), fastnn.ones(3)], batch_first=True).tolist()
    [[1.0, 1.0, 0.0], [1.0, 1.0, 1.0]]
    """
    if padding_side not in ("right", "left"):
        raise ValueError(
            f"pad_sequence: padding_side must be 'right' or 'left', got {padding_side!r}"
        )
    items = [s if isinstance(s, Tensor) else Tensor(array(s)) for s in sequences]
    if not items:
        raise ValueError("pad_sequence: sequences must not be empty")
    first = items[0]
    for i, s in enumerate(items):
        if s.ndim == 0 or s.shape[1:] != first.shape[1:]:
            raise ValueError(
                f"pad_sequence: sequence {i} must have shape {('L', *first.shape[1:])}, "
                f"got {s.shape}"
            )
    longest = max(s.shape[0] for s in items)
    padded = []
    for s in items:
        gap = longest - s.shape[0]
        if gap:
            fill = Tensor(np.full((gap, *s.shape[1:]), padding_value, s.dtype))
            s = cat([s, fill] if padding_side == "right" else [fill, s])
        padded.append(s)
    return stack(padded, 0 if batch_first else 1)


def unpad_sequence(
    padded_sequences: TensorLike, lengths: Any, batch_first: bool = False
) -> list[Tensor]:
    """The sequences that `pad_sequence` has stacked.

    Examples
    --------
    >>> from fastnn.nn.utils.rnn import unpad_sequence
    >>> [s.shape for s in unpad_sequence(fastnn.ones(3, 2, 4), [3, 1])]
    [(3, 4), (1, 4)]
    """
    x = padded_sequences
    x = x if isinstance(x, Tensor) else Tensor(array(x))
    if not batch_first:
        x = transpose(x, 0, 1)
    n = checked_lengths("unpad_sequence", lengths, *x.shape[:2])
    return [x[i, : int(length)] for i, length in enumerate(n)]


def pack_sequence(sequences: Sequence[TensorLike], enforce_sorted: bool = True) -> PackedSequence:
    """Pack sequences of different lengths, each (L, *).

    Examples
    --------
    >>> from fastnn.nn.utils.rnn import pack_sequence
    >>> packed = pack_sequence([fastnn.tensor([1.0, 2.0]), fastnn.tensor([3.0])])
    >>> packed.data.tolist()
    [1.0, 3.0, 2.0]
    """
    lengths = [array(s).shape[0] if array(s).ndim else 0 for s in sequences]
    return pack_padded_sequence(pad_sequence(sequences), lengths, enforce_sorted=enforce_sorted)


def reorder(state: Tensor | None, indices: Tensor | None) -> Tensor | None:
    """A state (D, N, H) with its sequences in another order."""
    return state if state is None or indices is None else index_select(state, 1, indices)


def tbptt(sequence: Any, k: int, module: Any = None, batch_first: bool = False) -> Iterator[Any]:
    """Cut a long sequence into pieces of `k` steps: back-propagation through time, truncated.

    With stateful layers the states are carried from piece to piece and gradients are not, so that a
    training loop over the pieces is the whole of it.

    Parameters
    ----------
    sequence
        (T, N, *), or several in a tuple (inputs and targets), cut alike.
    k
        Steps of a piece; the last one may be shorter.
    module
        A module whose stateful layers begin the sequence with zeros.
    batch_first
        Whether sequences are (N, T, *).

    Yields
    ------
    The pieces, in a tuple where `sequence` is one.

    Raises
    ------
    ValueError
        `k` is not positive, or the sequences differ in length.

    Notes
    -----
    Williams and Peng, An efficient gradient-based algorithm for on-line training of recurrent
    network trajectories, 1990.

    Examples
    --------
    >>> from fastnn.nn.utils.rnn import tbptt
    >>> layer = fastnn.nn.RNN(2, 3, stateful=True)
    >>> x = fastnn.ones(10, 1, 2)
    >>> for piece in tbptt(x, 4, layer):
    ...     output, _ = layer(piece)
    ...     output.sum().backward()  # through 4 steps at most
    """
    several = isinstance(sequence, (tuple, list))
    items = [
        s if isinstance(s, Tensor) else Tensor(array(s))
        for s in (sequence if several else (sequence,))
    ]
    axis = 1 if batch_first else 0
    if not items:
        raise ValueError("tbptt: sequence must not be empty")
    if k < 1:
        raise ValueError(f"tbptt: k must be positive, got {k}")
    steps = {s.shape[axis] if s.ndim > axis else 0 for s in items}
    if len(steps) != 1:
        raise ValueError(
            f"tbptt: all sequences must have as many steps, got {str(sorted(steps))[1:-1]}"
        )
    (total,) = steps
    return pieces(items, k, axis, total, module, several)


def pieces(
    items: list[Tensor], k: int, axis: int, total: int, module: Any, several: bool
) -> Iterator[Any]:
    """The loop of `tbptt`, whose arguments are checked when it is called."""
    if module is not None:
        for m in module.modules():
            if hasattr(m, "reset_state"):
                m.reset_state()
    for start in range(0, total, k):
        cut = tuple([narrow(s, axis, start, min(k, total - start)) for s in items])
        yield cut if several else cut[0]
