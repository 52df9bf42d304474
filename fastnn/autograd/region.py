"""The part of a tensor that a view of it sees, found in the gradient of that tensor.

A view shares the memory of its base. So where its elements are among the base's follows from the
shapes, strides and addresses of the two arrays, whatever operations lie between them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .contract import Array


class Region(NamedTuple):
    """A view's place in memory laid out as that of its base; all numbers count elements."""

    base_shape: tuple[int, ...]
    base_strides: tuple[int, ...]
    base_first: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    first: int
    size: int  # of the memory from the base's first element to its last
    dense: bool  # the base lies in row-major order without gaps


def region_of(base: Array, view: Array) -> Region:
    """Where `view` lies in `base`.

    Examples
    --------
    >>> from fastnn.autograd.region import region_of
    >>> x = np.zeros((2, 3))
    >>> region = region_of(x, x.T[1])
    >>> region.shape, region.strides, region.first
    ((2,), (3,), 1)
    """
    item = base.itemsize
    apart = address(view) - address(base) if view.size else 0
    if any(n % item for n in (*base.strides, *view.strides, apart)):
        raise RuntimeError(
            "a view whose elements are no whole number of elements apart cannot be changed in "
            "place where gradients are recorded; use clone()"
        )
    strides = tuple([s // item for s in base.strides])
    spans = [(n - 1) * s for n, s in zip(base.shape, strides)] if base.size else [0]
    first = -sum([span for span in spans if span < 0])
    size = first + sum([span for span in spans if span > 0]) + 1 if base.size else 0
    return Region(
        base.shape,
        strides,
        first,
        view.shape,
        tuple([s // item for s in view.strides]),
        first + apart // item,
        size,
        base.flags.c_contiguous,
    )


def address(array: Array) -> int:
    place: int = array.__array_interface__["data"][0]
    return place


def strided(memory: Array, shape: tuple[int, ...], strides: tuple[int, ...], first: int) -> Array:
    """An array over some elements of contiguous `memory`."""
    item = memory.itemsize
    array: Array = np.ndarray(
        shape, memory.dtype, memory, first * item, [s * item for s in strides]
    )
    return array


def opened(gradient: Array, region: Region, reuse: bool) -> tuple[Array, Array]:
    """A copy of the gradient of a base, and a view's part of it; with `reuse` no copy if possible.

    Examples
    --------
    >>> from fastnn.autograd.region import opened, region_of
    >>> x = np.zeros((2, 3))
    >>> whole, part = opened(np.ones((2, 3)), region_of(x, x[:, 1]), False)
    >>> part[...] = 5
    >>> whole.tolist()
    [[1.0, 5.0, 1.0], [1.0, 5.0, 1.0]]
    """
    if region.size == 0:
        return gradient, np.empty(region.shape, gradient.dtype)
    if region.dense:
        whole = gradient if reuse and gradient.flags.c_contiguous else np.array(gradient, order="C")
        return whole, strided(whole, region.shape, region.strides, region.first)
    memory = np.empty(region.size, gradient.dtype)
    whole = strided(memory, region.base_shape, region.base_strides, region.base_first)
    whole[...] = gradient
    return whole, strided(memory, region.shape, region.strides, region.first)


def spread(gradient: Array, region: Region) -> Array:
    """The gradient of a base of which only a view has one: zeros around that of the view."""
    if region.dense:
        whole = memory = np.zeros(region.base_shape, gradient.dtype)
    else:
        memory = np.zeros(region.size, gradient.dtype)
        whole = strided(memory, region.base_shape, region.base_strides, region.base_first)
    if gradient.size == 0:
        return whole
    if distinct(region.shape, region.strides):
        strided(memory, region.shape, region.strides, region.first)[...] = gradient
    else:
        places = strided(np.arange(region.size), region.shape, region.strides, region.first)
        np.add.at(memory.reshape(-1), places, gradient)
    return whole


def distinct(shape: tuple[int, ...], strides: tuple[int, ...]) -> bool:
    """Whether all elements certainly differ in place: each stride steps over all shorter ones."""
    reach = 0
    for stride, n in sorted([(abs(s), n) for n, s in zip(shape, strides) if n > 1]):
        if stride <= reach:
            return False
        reach += stride * (n - 1)
    return True
