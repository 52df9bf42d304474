"""Dimensions and shapes as they are given to operations."""

from __future__ import annotations

from typing import Any


def axis_of(op: str, dim: Any, ndim: int, argument: str = "dim") -> int:
    """A dimension counted from the front; `IndexError` where there is none."""
    if type(dim) is int and 0 <= dim < ndim:
        return dim
    if not hasattr(dim, "__index__") or isinstance(dim, bool):
        raise TypeError(f"{op}: {argument} must be an integer, got {dim!r}")
    axis = dim.__index__()
    if not -ndim <= axis < ndim:
        expected = f"from {-ndim} to {ndim - 1}" if ndim else "absent for a 0-d tensor"
        raise IndexError(f"{op}: {argument} must be {expected}, got {axis}")
    return int(axis + ndim if axis < 0 else axis)


def whole(number: Any) -> Any:
    """A number as an int, where it says that it is one; checks of its type come later."""
    plain = type(number) is int or isinstance(number, bool) or not hasattr(number, "__index__")
    return number if plain else number.__index__()


def axes_of(op: str, dims: Any, ndim: int, argument: str = "dims") -> tuple[int, ...]:
    """Several different dimensions, or one, counted from the front."""
    dims = dims if isinstance(dims, (tuple, list)) else (dims,)
    axes = tuple([axis_of(op, dim, ndim, argument) for dim in dims])
    if len(set(axes)) < len(axes):
        raise ValueError(f"{op}: {argument} must differ, got {tuple(dims)}")
    return axes


def shape_of(size: tuple[Any, ...]) -> tuple[Any, ...]:
    """A shape given as one sequence or as several numbers."""
    return tuple(size[0]) if len(size) == 1 and isinstance(size[0], (tuple, list)) else size


def key_at(axis: int, *key: Any) -> Any:
    """An index that means `key` at dimension `axis` and everything before it."""
    return (slice(None),) * axis + key
