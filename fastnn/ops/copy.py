"""Arrays moved: blocks placed among zeros, shifted and repeated, all by copies of kernels."""

from __future__ import annotations

from functools import lru_cache
from itertools import product
from operator import index
from typing import Any

import numpy as np

from .. import _core
from ..autograd.record import Array

KEPT = 512  # shapes of which a program's last ones are kept, with what follows from them
ZERO = np.zeros((), np.uint8)  # which converts to every type


def zeros_like(x: Array, shape: tuple[int, ...] | None = None) -> Array:
    """Zeros of the type of `x`, in memory ordered as `x`."""
    y = _core.empty_like(x, shape)
    _core.copy_into(y, ZERO)
    return y


def embedded(x: Array, shape: tuple[int, ...], key: Any) -> Array:
    """Zeros of `shape` with `x` at `key`, an index that gives a view."""
    y = _core.empty_like(x, shape)
    fill_around(y, key if type(key) is tuple else (key,), ZERO)
    _core.copy_into(block(y, key if type(key) is tuple else (key,)), x)
    return y


def block(x: Array, key: tuple[Any, ...]) -> Array:
    """The view at an index, which is an array even where it has one element."""
    full = key if Ellipsis in key else (*key, ...)
    view: Array = x[full]
    return view


def fill_around(y: Array, key: tuple[Any, ...], value: Array) -> None:
    """Fill what a tuple of slices leaves out; for other indices, everything."""
    if not all(type(k) is slice and k.step in (None, 1) for k in key):
        _core.copy_into(y, value)
        return
    for outside in around(y.shape, key):
        _core.copy_into(y[outside], value)


def around(shape: tuple[int, ...], key: tuple[slice, ...]) -> list[tuple[Any, ...]]:
    """Indices of what a tuple of slices leaves out, axis by axis."""
    found: list[tuple[Any, ...]] = []
    inside: tuple[slice, ...] = ()
    for k, n in zip(key, shape):
        start, stop, _ = k.indices(n)
        for outside in (slice(0, start), slice(max(start, stop), n)):
            if outside.start < outside.stop:
                found.append((*inside, outside, ...))
        inside = (*inside, k)
    return found


def rolled(x: Array, shifts: tuple[int, ...], axes: tuple[int, ...]) -> Array:
    """`x` shifted along some axes, several times along one that is named again."""
    y: Array = _core.empty_like(x)
    for to, source in moves(x.shape, tuple(map(index, shifts)), axes):
        _core.copy_into(y[to], x[source])
    return y


@lru_cache(KEPT)
def moves(
    shape: tuple[int, ...], shifts: tuple[int, ...], axes: tuple[int, ...]
) -> list[tuple[Any, Any]]:
    """Where the parts of a shape go that is shifted along some axes, and where they come from."""
    total: dict[int, int] = {}
    for shift, axis in zip(shifts, axes):
        total[axis] = total.get(axis, 0) + shift
    cuts = [halves(n, total.get(axis, 0) % n if n else 0) for axis, n in enumerate(shape)]
    return [
        ((*[part[0] for part in parts], ...), (*[part[1] for part in parts], ...))
        for parts in product(*cuts)
    ]


def halves(n: int, shift: int) -> list[tuple[slice, slice]]:
    """Where the parts of an axis go that is shifted, and where they come from."""
    if shift == 0:
        return [(slice(None), slice(None))]
    return [(slice(shift, n), slice(0, n - shift)), (slice(0, shift), slice(n - shift, n))]


def tiled(x: Array, times: tuple[int, ...]) -> Array:
    """`x` repeated along each axis; `times` has as many numbers as the result has axes."""
    sizes = (1,) * (len(times) - x.ndim) + x.shape
    y: Array = _core.empty_like(x, tuple([n * size for n, size in zip(times, sizes)]))
    pairs = tuple([n for pair in zip(times, sizes) for n in pair])
    source = x.reshape(tuple([n for size in sizes for n in (1, size)]))
    parts = np.lib.stride_tricks.as_strided(
        y,
        pairs,
        tuple([s for size, step in zip(sizes, y.strides) for s in (size * step, step)]),
    )
    _core.copy_into(parts, source)
    return y
