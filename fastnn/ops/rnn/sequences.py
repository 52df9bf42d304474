"""Sequences of different lengths: which ones there may be, and their real steps as rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...autograd.record import Array, Grads, Node, array, record_many
from ...tensor import Tensor, TensorLike

__all__: list[str] = []


def checked_lengths(op: str, lengths: Any, batch: int, steps: int) -> Array:
    """`lengths` as int64, each from 1 to `steps`; a number for a single sequence."""
    found = np.asarray(lengths if isinstance(lengths, (list, tuple)) else array(lengths))
    if found.size and found.dtype.kind not in "iu":
        raise TypeError(f"{op}: lengths must have an integer dtype, got {found.dtype}")
    if found.ndim == 0:
        found = found.reshape(1)
    if found.shape != (batch,):
        raise ValueError(f"{op}: lengths must have shape ({batch},), got {found.shape}")
    for i in np.flatnonzero((found < 1) | (found > steps))[:1]:
        raise ValueError(
            f"{op}: lengths must lie between 1 and {steps}, but lengths[{i}] is {found[i]}"
        )
    return found.astype(np.int64, copy=False)


def pack_rows(input: TensorLike, rows: Array) -> Tensor:
    """The real steps of a padded batch: rows of (T, N, I), numbered t · N + n, as (R, I)."""
    x = array(input)
    y = x.reshape(-1, x.shape[2]).take(rows, axis=0)
    return record_many((y,), pack_rows_backward, (input,), x.shape, rows)[0]


def pack_rows_backward(node: Node, *dys: Array | None) -> Grads:
    shape, rows = node.saved
    return (spread(dys[0], shape, rows),)


def unpack_rows(input: TensorLike, shape: tuple[int, int, int], rows: Array, fill: float) -> Tensor:
    """Undo `pack_rows`: (R, I) as (T, N, I), with `fill` behind the end of each sequence."""
    y = spread(array(input), shape, rows, fill)
    return record_many((y,), unpack_rows_backward, (input,), rows)[0]


def unpack_rows_backward(node: Node, *dys: Array | None) -> Grads:
    (rows,) = node.saved
    dy = dys[0]
    assert dy is not None
    return (dy.reshape(-1, dy.shape[2]).take(rows, axis=0),)


def spread(packed: Any, shape: tuple[int, ...], rows: Array, fill: float = 0.0) -> Array:
    """An array of `shape` with the packed rows in their places."""
    y = np.full((shape[0] * shape[1], shape[2]), fill, packed.dtype)
    y[rows] = packed
    return y.reshape(shape)
