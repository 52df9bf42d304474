"""The gradient of index arrays: what was read several times gets the sum."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from ... import _core
from ...autograd.record import Array

FULL = slice(None)


def summed_at(shape: tuple[int, ...], key: Any, dy: Array) -> Array:
    """``dx[key] += dy`` on zeros of `shape`, with every repetition, in the order of `dy`."""
    parts = key if type(key) is tuple else (key,)
    if all(not isinstance(k, np.ndarray) or k.dtype == np.bool_ for k in parts):
        dx = np.zeros(shape, dy.dtype)
        dx[key] = dy  # a mask meets every element at most once
        return dx
    axis = 0
    while type(parts[axis]) is slice and parts[axis] == FULL:
        axis += 1
    places = parts[axis:]
    plain = all(isinstance(k, np.ndarray) and k.dtype.kind in "iu" for k in places)
    if plain and dy.size and dy.dtype.char in "fd":
        return rows_summed(shape, axis, places, dy)
    dx = np.zeros(shape, dy.dtype)
    np.add.at(dx, key, dy)
    return dx


def rows_summed(shape: tuple[int, ...], axis: int, places: tuple[Array, ...], dy: Array) -> Array:
    """The sum by the kernel of `embedding`: the indexed dimensions are the rows of a table."""
    before, behind = shape[:axis], shape[axis + len(places) :]
    sizes = shape[axis : axis + len(places)]
    ids: Any = 0
    for place, n in zip(places, sizes):
        i = place.astype(np.intp)
        ids = ids * n + np.where(i < 0, i + n, i)
    rows = dy.reshape(prod(before), ids.size, prod(behind))
    table = rows.swapaxes(0, 1).reshape(ids.size, -1)
    dx: Array = _core.embedding_backward(table, ids.reshape(-1), prod(sizes), None, False)
    if axis:
        dx = dx.reshape(prod(sizes), prod(before), -1).swapaxes(0, 1)
    return dx if dx.shape == shape else dx.reshape(shape)
