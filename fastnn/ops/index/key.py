"""What stands between square brackets, as a view of a tensor and arrays of places in it.

An index is taken apart into its slices, numbers and None, which make a view, and its arrays, which
name places along some dimensions of that view. A mask is the arrays of the places where it is true,
but for a mask of the whole tensor, which has kernels of its own.
"""

from __future__ import annotations

from operator import index
from typing import Any, NamedTuple

import numpy as np

from ... import _core
from ...autograd.record import Array
from ...tensor import Tensor, as_array

WHOLE = frozenset({int, type(None), type(...)})
BASIC = WHOLE | {slice}
LAST = np.iinfo(np.intp).max
BOUNDS = frozenset({int, type(None)})


def plain_key(key: Any) -> Any:
    """An index of integers, slices of integers, None, Ellipsis and arrays, or a tuple of them."""
    if type(key) is tuple:
        return tuple([part if type(part) in WHOLE else plain_part(part) for part in key])
    return plain_part(key)


def plain_part(key: Any) -> Any:
    if type(key) is slice:
        if type(key.start) in BOUNDS and type(key.stop) in BOUNDS and type(key.step) in BOUNDS:
            return key
        return slice(bound(key.start), bound(key.stop), bound(key.step))
    if type(key) in BASIC:
        return key
    if isinstance(key, Tensor):
        key = key._array
    if not isinstance(key, (np.ndarray, bool, np.bool_)) and hasattr(key, "__index__"):
        return index(key)
    places = key if isinstance(key, np.ndarray) else index_array(key)
    if places.ndim == 0 and places.dtype.kind in "iu":
        if places > LAST:
            raise IndexError(
                f"index: {places} is out of bounds"
            )  # NumPy takes it for a negative one
        return int(places)  # as with a number, the result is a view
    return places if places.size or places.dtype.kind in "iub" else places.astype(np.intp)


def index_array(key: Any) -> Array:
    try:
        return as_array(key)
    except (TypeError, ValueError):
        raise IndexError(
            "index: expected numbers, slices, None, Ellipsis, or tensors or lists of integers or "
            f"booleans, got {key!r:.60}"
        ) from None


def bound(value: Any) -> Any:
    """A bound of a slice as a number, which stays what it is."""
    return value if value is None or type(value) is int else index(value)


def is_basic(key: Any) -> bool:
    """Whether a plain index has no arrays, so that the result is a view."""
    if type(key) is tuple:
        return BASIC.issuperset(map(type, key))
    return type(key) in BASIC


FULL = slice(None)


def plain_ids(key: Any) -> tuple[Array | None, ...] | None:
    """The ids of an index of whole slices and neighbouring arrays of integers; else None."""
    if type(key) is np.ndarray:
        return (key,) if key.ndim and key.dtype.kind in "iu" else None
    if type(key) is not tuple:
        return None
    runs = 0
    ids: list[Array | None] = []
    last = None
    for part in key:
        if isinstance(part, Tensor):
            part = part._array
        if type(part) is np.ndarray and part.ndim and part.dtype.kind in "iu":
            runs += last is None
            last = part
        elif type(part) is slice and part == FULL:
            last = None
        else:
            return None
        ids.append(last)
    return tuple(ids) if runs == 1 else None


class Places(NamedTuple):
    """An index with arrays.

    Attributes
    ----------
    basic
        What makes the view; None for the tensor itself.
    order
        The order of the view's dimensions in which those with arrays come first; None if it stays.
    ids
        An array, or None, for each dimension.
    mask
        Instead of `ids`: a mask of all dimensions.
    """

    basic: Any
    order: tuple[int, ...] | None
    ids: tuple[Array | None, ...]
    mask: Array | None


def places_of(key: Any, shape: tuple[int, ...]) -> Places:
    """A plain index with arrays, taken apart."""
    if type(key) is not tuple:
        if isinstance(key, np.ndarray) and key.ndim and key.shape == shape and key.dtype == bool:
            return Places(None, None, (), key)
        key = (key,)
    pairs = expanded(key, shape)
    named = [places is not None for _, places in pairs]
    together = sum([now and not before for now, before in zip(named, [False, *named])]) == 1
    basic: list[Any] = []
    ids: list[Array | None] = []
    for part, places in pairs:
        if type(part) is int and together:
            basic.append(part)
        elif part is not Ellipsis:
            basic.append(FULL if type(part) is int else part)
            ids.append(places)
    order = None
    if not together:  # then the dimensions of the arrays come first
        order = tuple(sorted(range(len(ids)), key=lambda i: ids[i] is None))
        ids = [places for places in ids if places is not None]
    plain = all(type(part) is slice and part == FULL for part in basic)
    return Places(None if plain else tuple(basic), order, tuple(ids), None)


def expanded(key: tuple[Any, ...], shape: tuple[int, ...]) -> list[tuple[Any, Array | None]]:
    """For each dimension: its part of the view, and the places in it.

    An Ellipsis that stands for no dimension remains, as it lies between arrays all the same.
    """
    used = sum([dimensions(part) for part in key])
    left = len(shape) - used
    if left < 0:
        raise IndexError(f"index: too many indices: {used} for a tensor of shape {shape}")
    pairs: list[tuple[Any, Array | None]] = []
    axis = 0
    for part in key:
        if part is Ellipsis:
            pairs += [(FULL, None)] * left or [(part, None)]
            axis, left = axis + left, 0
            continue
        if type(part) is int:
            pairs.append((part, np.asarray(part)))
        elif part is None or type(part) is slice:
            pairs.append((part, None))
        elif part.dtype.kind == "b":
            pairs += mask_places(part, shape, axis)
        elif part.dtype.kind in "iu":
            pairs.append((FULL, part))
        else:
            raise IndexError(f"index: arrays must hold integers or booleans, got {part.dtype}")
        axis += dimensions(part)
    return pairs + [(FULL, None)] * left


def dimensions(part: Any) -> int:
    """How many dimensions of a tensor a part of an index stands for."""
    if part is None or part is Ellipsis:
        return 0
    return part.ndim if isinstance(part, np.ndarray) and part.dtype.kind == "b" else 1


def mask_places(mask: Array, shape: tuple[int, ...], axis: int) -> list[tuple[Any, Array | None]]:
    """The places where a mask of the dimensions from `axis` on is true; without any, a new one."""
    if mask.ndim == 0:
        return [(None, np.zeros(int(mask), np.int64))]
    here = shape[axis : axis + mask.ndim]
    if mask.shape != here:
        raise IndexError(
            f"index: a mask of shape {mask.shape} does not fit dimensions {here} of shape {shape}"
        )
    return [(FULL, places) for places in _core.nonzero(mask, True)]
