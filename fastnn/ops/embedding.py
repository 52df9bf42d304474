"""Tables of vectors, looked up by id: one by one, or summed up in bags."""

from __future__ import annotations

from operator import index
from typing import Any

import numpy as np

from .. import _core
from ..autograd.changes import changed, read_for
from ..autograd.record import Array, Grads, Node, array, record
from ..autograd.row_gradient import RowGradient
from ..tensor import Tensor, TensorLike
from .backward import from_kernel

__all__ = ["embedding", "embedding_bag"]


def embedding(
    input: TensorLike,
    weight: TensorLike,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:
    """Rows of a table, looked up by id: y[...] = W[input[...]].

    Parameters
    ----------
    input
        Ids of any integer dtype and any shape, (*).
    weight
        W, (V, D).
    padding_idx
        An id whose row gets no gradient; negative ones count from the end.
    max_norm
        Rows that are looked up and longer than this are first scaled to it, in place.
    norm_type
        The order of that norm.
    scale_grad_by_freq
        Divide the gradient of a row by the number of times its id occurs.
    sparse
        Let the gradient of W be a `fastnn.autograd.RowGradient`: the rows of the ids, not a table
        of zeros around them.

    Returns
    -------
    Tensor
        y, (*, D).

    Raises
    ------
    IndexError
        An id is no row of the table; the message names it and its place.
    ValueError
        `padding_idx` is no row of the table.

    Examples
    --------
    >>> table = fastnn.tensor([[0.0, 0.0], [1.0, 2.0], [3.0, 4.0]])
    >>> F.embedding(fastnn.tensor([2, 0, 2]), table)
    tensor([[3., 4.],
            [0., 0.],
            [3., 4.]])
    """
    w = weight._array if isinstance(weight, Tensor) else array(weight)
    ids = ids_of("embedding", input)
    if padding_idx is not None:
        padding_idx = row_of("embedding", padding_idx, len(w) if w.ndim else 0)
    if max_norm is not None:
        _core.embedding_renorm(ids, w, max_norm, norm_type)
        changed((w,))
    y = _core.embedding(ids, w)
    return record(
        y, embedding_backward, (weight,), ids, w.shape, padding_idx, scale_grad_by_freq, sparse
    )


def embedding_backward(node: Node, dy: Array) -> Grads:
    ids, shape, padding_idx, by_frequency, sparse = node.saved
    if not sparse:
        return (_core.embedding_backward(dy, ids, shape[0], padding_idx, by_frequency),)
    rows = _core.embedding_backward_rows(dy, ids, shape[0], padding_idx, by_frequency)
    return (RowGradient(*rows, shape),)


def embedding_bag(
    input: TensorLike,
    weight: TensorLike,
    offsets: TensorLike | None = None,
    max_norm: float | None = None,
    norm_type: float = 2,
    scale_grad_by_freq: bool = False,
    mode: str = "mean",
    sparse: bool = False,
    per_sample_weights: TensorLike | None = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> Tensor:
    """Rows of a table, added up in bags: y[b] = sum, mean or maximum of s[p] · W[input[p]].

    p runs over the positions of bag b. No row is copied on the way.

    Parameters
    ----------
    input
        Ids of any integer dtype: (B, N), B bags of N each, or (N,), cut by `offsets`.
    weight
        W, (V, D).
    offsets
        Where each bag begins, (B,), the first with 0; only for one-dimensional `input`.
    max_norm, norm_type, scale_grad_by_freq, sparse
        As for `embedding`.
    mode
        ``"sum"``, ``"mean"`` or ``"max"``, for each of the D columns.
    per_sample_weights
        s, of the shape of `input`, for ``mode="sum"``; None for 1.
    include_last_offset
        Whether `offsets` has one number more, where the last bag ends.
    padding_idx
        An id that counts as absent; negative ones count from the end.

    Returns
    -------
    Tensor
        y, (B, D). Empty bags are zero.

    Raises
    ------
    IndexError
        An id is no row of the table; the message names it and its place.
    ValueError
        Offsets do not fit, or options exclude each other.

    Examples
    --------
    >>> table = fastnn.tensor([[0.0, 0.0], [1.0, 2.0], [3.0, 4.0]])
    >>> F.embedding_bag(fastnn.tensor([1, 2, 2]), table, fastnn.tensor([0, 2]), mode="sum")
    tensor([[4., 6.],
            [3., 4.]])
    """
    w = weight._array if isinstance(weight, Tensor) else array(weight)
    ids = ids_of("embedding_bag", input)
    scales = None if per_sample_weights is None else array(per_sample_weights)
    check_bags(mode, ids, scales, sparse or scale_grad_by_freq)
    if padding_idx is not None:
        padding_idx = row_of("embedding_bag", padding_idx, len(w) if w.ndim else 0)
    begins = bag_begins(ids, offsets, include_last_offset)
    flat = ids.reshape(-1)
    s = None if scales is None else scales.reshape(-1)
    if max_norm is not None:
        _core.embedding_renorm(flat, w, max_norm, norm_type)
        changed((w,))
    y, winners = _core.embedding_bag(flat, begins, w, mode, s, padding_idx)
    if mode == "max":
        return record(y, embedding_bag_max_backward, (weight,), winners, len(w))
    saved = (w, s, flat, begins, mode, padding_idx, scale_grad_by_freq, sparse, ids.shape)
    return record(y, embedding_bag_backward, (weight, per_sample_weights), *saved)


def check_bags(mode: str, ids: Array, scales: Array | None, selective: bool) -> None:
    """Raise for options that exclude each other; `selective` means sparse or by frequency."""
    if mode == "max" and selective:
        raise ValueError("embedding_bag: mode 'max' goes neither with sparse nor by frequency")
    if scales is not None:
        if mode != "sum":
            raise ValueError(f"embedding_bag: per_sample_weights need mode 'sum', got {mode!r}")
        if scales.shape != ids.shape:
            raise ValueError(
                f"embedding_bag: per_sample_weights must have the shape of input, {ids.shape}, "
                f"got {scales.shape}"
            )


@read_for((1,), (0,))
def embedding_bag_backward(node: Node, dy: Array) -> Grads:
    w, s, ids, begins, mode, padding_idx, by_frequency, sparse, shape = node.saved
    dw: Any = None
    ds = None
    if node.needs[0]:
        arguments = (dy, ids, begins, len(w), mode, s, padding_idx, by_frequency)
        if sparse:
            dw = RowGradient(*_core.embedding_bag_backward_rows(*arguments), w.shape)
        else:
            dw = _core.embedding_bag_backward(*arguments)
    if node.needs[1]:
        ds = _core.embedding_bag_weights_backward(dy, ids, begins, w, padding_idx).reshape(shape)
    return dw, ds


embedding_bag_max_backward = from_kernel(_core.embedding_bag_max_backward)


def ids_of(op: str, input: TensorLike, name: str = "input") -> Array:
    """Ids as an array; an empty list has no dtype of its own."""
    ids = input._array if isinstance(input, Tensor) else array(input)
    if ids.dtype.kind not in "iu":
        if ids.size == 0 and not hasattr(input, "dtype"):
            return ids.astype(np.int64)
        raise TypeError(f"{op}: {name} must have an integer dtype, got {ids.dtype}")
    return ids


def row_of(op: str, padding_idx: int, rows: int) -> int:
    """A row of the table, counted from the end where negative."""
    padding_idx = index(padding_idx)
    if not -rows <= padding_idx < rows:
        raise ValueError(f"{op}: padding_idx must name one of {rows} rows, got {padding_idx}")
    return padding_idx % rows


def bag_begins(ids: Array, offsets: TensorLike | None, include_last: bool) -> Array:
    """Where each bag begins, and where the last ends."""
    if ids.ndim == 2:
        if offsets is not None:
            raise ValueError("embedding_bag: offsets are for one-dimensional input; give none")
        begins: Array = np.arange(len(ids) + 1) * ids.shape[1]
        return begins
    if ids.ndim != 1:
        raise ValueError(f"embedding_bag: input must have shape (B, N) or (N,), got {ids.shape}")
    if offsets is None:
        raise ValueError("embedding_bag: one-dimensional input needs offsets")
    begins = ids_of("embedding_bag", offsets, "offsets")
    if begins.ndim != 1:
        raise ValueError(f"embedding_bag: offsets must have shape (B,), got {begins.shape}")
    return begins if include_last else np.append(begins, len(ids))
