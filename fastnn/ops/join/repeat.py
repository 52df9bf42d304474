"""Elements repeated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ... import _core
from ...autograd.record import Array, Grads, Node, array, record
from ...dtypes import int64
from ...tensor import Tensor, TensorLike
from ..copy import tiled as copies
from ..create.values import check_room
from ..numpy_names import numpy_names
from ..shape import axis_of, ravel, shape_of
from ..widen import narrowed, widened

__all__ = ["repeat", "repeat_interleave", "tile"]


def repeat(input: TensorLike, *sizes: Any) -> Tensor:
    """The tensor repeated `sizes` times along each dimension.

    Examples
    --------
    >>> fastnn.arange(2).repeat(2, 2).tolist()
    [[0, 1, 0, 1], [0, 1, 0, 1]]
    """
    times = shape_of(sizes)
    if len(times) < array(input).ndim:
        raise ValueError(
            f"repeat: sizes must name at least the {array(input).ndim} dimensions of the input, "
            f"got {times}"
        )
    return tiled("repeat", input, times)


def tile(input: TensorLike, dims: Sequence[int]) -> Tensor:
    """As `repeat`; where `dims` names fewer dimensions it means the last ones.

    Examples
    --------
    >>> fastnn.tile(fastnn.ones(2, 1), (3,)).shape
    (2, 3)
    """
    times = tuple(dims) if isinstance(dims, (tuple, list)) else (dims,)
    return tiled("tile", input, (1,) * (array(input).ndim - len(times)) + times)


def tiled(op: str, input: TensorLike, times: tuple[Any, ...]) -> Tensor:
    x = array(input)
    if any(n < 0 for n in times):
        raise ValueError(f"{op}: repetitions must not be negative, got {times}")
    check_room(op, (x.size, *times), x.dtype)
    return record(copies(x, times), tile_backward, (input,), x.shape, times)


def tile_backward(node: Node, dy: Array) -> Grads:
    shape, times = node.saved
    sizes = (1,) * (len(times) - len(shape)) + shape
    pairs = [n for pair in zip(times, sizes) for n in pair]
    axes = tuple(range(0, len(pairs), 2))
    total = _core.sum(widened(dy).reshape(pairs), axes)
    return (narrowed(total, dy.dtype).reshape(shape),)


@numpy_names
def repeat_interleave(
    input: TensorLike,
    repeats: int | TensorLike,
    dim: int | None = None,
    *,
    output_size: int | None = None,
) -> Tensor:
    """Every element, or every slice along `dim`, repeated in place.

    Parameters
    ----------
    input
        Any shape; flattened first if `dim` is None.
    repeats
        How often: one number, or one for each slice.
    dim
        The dimension.
    output_size
        The size of the result there, if it is known; ValueError if it is another one.

    Examples
    --------
    >>> fastnn.repeat_interleave(fastnn.arange(3), fastnn.tensor([2, 0, 1])).tolist()
    [0, 0, 2]
    """
    if dim is None:
        return repeat_interleave(ravel(input), repeats, 0, output_size=output_size)
    x = array(input)
    axis = axis_of("repeat_interleave", dim, x.ndim)
    size = x.shape[axis]
    times = repeats if type(repeats) is int and repeats >= 0 else times_of(repeats, size, dim)
    # In float64: nothing here may wrap around.
    count = times * size if isinstance(times, int) else int(times.sum(dtype=np.float64))
    if output_size is not None and output_size != count:
        raise ValueError(
            f"repeat_interleave: the result has {count} elements in dim {dim}, not the output_size "
            f"of {output_size}"
        )
    check_room("repeat_interleave", (count,), int64)
    source = np.repeat(np.arange(size), times)
    y = _core.index_select(x, axis, source)
    return record(y, repeat_interleave_backward, (input,), x.shape, axis, source)


def times_of(repeats: TensorLike, size: int, dim: int) -> int | Array:
    """How often each of so many slices is repeated: one number, or one for each."""
    times = np.asarray(array(repeats))
    if times.dtype.kind not in "iu" or times.ndim > 1 or (times < 0).any():
        raise ValueError("repeat_interleave: repeats must be integers from 0 in one dimension")
    if times.size == 1:
        return int(times.item())
    if times.size != size:
        raise ValueError(
            f"repeat_interleave: repeats must have {size} elements, as dim {dim} has, got "
            f"{times.size}"
        )
    return times


def repeat_interleave_backward(node: Node, dy: Array) -> Grads:
    dx = _core.index_select_backward(widened(dy), *node.saved)
    return (narrowed(dx, dy.dtype),)
