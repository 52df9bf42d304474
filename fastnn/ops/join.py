"""Joining tensors and taking them apart, and repeating them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..autograd.record import Array, Grads, Node, array, record, record_many
from ..tensor import Tensor, TensorLike
from .shape import axis_of, expand, key_at, ravel, reshape, shape_of, transpose

__all__ = [
    "cat",
    "chunk",
    "concat",
    "hstack",
    "meshgrid",
    "repeat",
    "repeat_interleave",
    "split",
    "stack",
    "tile",
    "unbind",
    "vstack",
]


def several(op: str, tensors: Any) -> tuple[Any, ...]:
    """A sequence of tensors, not empty."""
    if isinstance(tensors, (Tensor, np.ndarray)):
        raise TypeError(f"{op}: tensors must be a list or tuple, got one {type(tensors).__name__}")
    result = tuple(tensors)
    if not result:
        raise ValueError(f"{op}: expected at least one tensor, got none")
    return result


def cat(tensors: Sequence[TensorLike], dim: int = 0) -> Tensor:
    """Tensors one after the other along a dimension they have.

    Parameters
    ----------
    tensors
        Tensors of the same shape except in `dim`; those of shape (0,) are left out.
    dim
        The dimension.

    Examples
    --------
    >>> import fastnn
    >>> fastnn.cat([fastnn.ones(1, 2), fastnn.zeros(2, 2)])
    tensor([[1., 1.],
            [0., 0.],
            [0., 0.]])
    """
    inputs = several("cat", tensors)
    xs = [array(x) for x in inputs]
    full = [i for i, x in enumerate(xs) if x.shape != (0,)] or [0]
    if len(full) < len(xs):
        inputs, xs = tuple([inputs[i] for i in full]), [xs[i] for i in full]
    if xs[0].ndim == 0:
        raise ValueError("cat: 0-d tensors have no dimension to join; use stack")
    axis = axis_of("cat", dim, xs[0].ndim)
    for i, x in enumerate(xs):
        if rest(x.shape, axis) != rest(xs[0].shape, axis):
            raise ValueError(
                f"cat: tensors must agree in all dimensions but {axis}; tensor 0 has shape "
                f"{xs[0].shape}, tensor {i} has {x.shape}"
            )
    parts = [(x.shape[axis], x.dtype) for x in xs]
    return record(np.concatenate(xs, axis), cat_backward, inputs, axis, parts)


def rest(shape: tuple[int, ...], axis: int) -> tuple[int, ...]:
    return (len(shape), *shape[:axis], *shape[axis + 1 :])


def cat_backward(node: Node, dy: Array) -> Grads:
    axis, parts = node.saved
    grads, start = [], 0
    for size, dtype in parts:
        grads.append(dy[key_at(axis, slice(start, start + size))].astype(dtype, copy=False))
        start += size
    return grads


concat = cat


def stack(tensors: Sequence[TensorLike], dim: int = 0) -> Tensor:
    """Tensors of one shape along a new dimension.

    Examples
    --------
    >>> import fastnn
    >>> fastnn.stack([fastnn.zeros(3), fastnn.ones(3)], dim=1).shape
    (3, 2)
    """
    inputs = several("stack", tensors)
    xs = [array(x) for x in inputs]
    axis = axis_of("stack", dim, xs[0].ndim + 1)
    for i, x in enumerate(xs):
        if x.shape != xs[0].shape:
            raise ValueError(
                f"stack: tensors must have one shape; tensor 0 has {xs[0].shape}, tensor {i} has "
                f"{x.shape}"
            )
    return record(np.stack(xs, axis), stack_backward, inputs, axis, [x.dtype for x in xs])


def stack_backward(node: Node, dy: Array) -> Grads:
    axis, dtypes = node.saved
    return [dy[key_at(axis, i)].astype(t, copy=False) for i, t in enumerate(dtypes)]


def hstack(tensors: Sequence[TensorLike]) -> Tensor:
    """Tensors side by side: along dimension 1, vectors along 0."""
    inputs = several("hstack", tensors)
    inputs = tuple([reshape(x, 1) if array(x).ndim == 0 else x for x in inputs])
    return cat(inputs, 0 if array(inputs[0]).ndim == 1 else 1)


def vstack(tensors: Sequence[TensorLike]) -> Tensor:
    """Tensors one below the other: along dimension 0, vectors as rows."""
    inputs = several("vstack", tensors)
    return cat(tuple([reshape(x, 1, -1) if array(x).ndim < 2 else x for x in inputs]))


# -- apart -----------------------------------------------------------------------------------


def split(
    input: TensorLike, split_size_or_sections: int | Sequence[int], dim: int = 0
) -> tuple[Tensor, ...]:
    """Pieces of one size along a dimension (the last may be smaller), or of given sizes.

    Examples
    --------
    >>> import fastnn
    >>> [piece.tolist() for piece in fastnn.split(fastnn.arange(5), 2)]
    [[0, 1], [2, 3], [4]]
    """
    x = array(input)
    axis = axis_of("split", dim, x.ndim)
    length = x.shape[axis]
    if isinstance(split_size_or_sections, (tuple, list)):
        sizes = list(split_size_or_sections)
        if sum(sizes) != length or any(n < 0 for n in sizes):
            raise ValueError(
                f"split: sizes {sizes} do not add up to {length}, the size of dim {dim}"
            )
    else:
        size = int(split_size_or_sections)  # type: ignore[arg-type]
        if size <= 0:
            raise ValueError(f"split: the size of a piece must be positive, got {size}")
        sizes = [min(size, length - i) for i in range(0, length, size)] or [0]
    pieces, start = [], 0
    for n in sizes:
        pieces.append(x[key_at(axis, slice(start, start + n))])
        start += n
    return record_many(pieces, split_backward, (input,), axis, [y.shape for y in pieces], x.dtype)


def split_backward(node: Node, *dys: Array | None) -> Grads:
    axis, shapes, dtype = node.saved
    pieces = [np.zeros(s, dtype) if dy is None else dy for dy, s in zip(dys, shapes)]
    return (np.concatenate(pieces, axis),)


def chunk(input: TensorLike, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """At most `chunks` pieces of one size along a dimension (the last may be smaller).

    Examples
    --------
    >>> import fastnn
    >>> [piece.numel() for piece in fastnn.chunk(fastnn.zeros(10), 4)]
    [3, 3, 3, 1]
    """
    if chunks <= 0:
        raise ValueError(f"chunk: chunks must be positive, got {chunks}")
    x = array(input)
    length = x.shape[axis_of("chunk", dim, x.ndim)]
    if length == 0:
        return split(input, [0] * chunks, dim)
    return split(input, -(-length // chunks), dim)


def unbind(input: TensorLike, dim: int = 0) -> tuple[Tensor, ...]:
    """The slices along a dimension, which goes away.

    Examples
    --------
    >>> import fastnn
    >>> [row.tolist() for row in fastnn.unbind(fastnn.eye(2))]
    [[1.0, 0.0], [0.0, 1.0]]
    """
    x = array(input)
    axis = axis_of("unbind", dim, x.ndim)
    slices = [x[key_at(axis, i, ...)] for i in range(x.shape[axis])]
    return record_many(slices, unbind_backward, (input,), axis, x.shape, x.dtype)


def unbind_backward(node: Node, *dys: Array | None) -> Grads:
    axis, shape, dtype = node.saved
    dx = np.zeros(shape, dtype)
    for i, dy in enumerate(dys):
        if dy is not None:
            dx[key_at(axis, i)] = dy
    return (dx,)


def meshgrid(*tensors: Any, indexing: str = "ij") -> tuple[Tensor, ...]:
    """Coordinates of a grid: each vector along its own dimension, expanded to all.

    Examples
    --------
    >>> import fastnn
    >>> rows, columns = fastnn.meshgrid(fastnn.arange(2), fastnn.arange(3))
    >>> rows.tolist()
    [[0, 0, 0], [1, 1, 1]]
    """
    if indexing not in ("ij", "xy"):
        raise ValueError(f"meshgrid: indexing must be 'ij' or 'xy', got {indexing!r}")
    inputs = shape_of(tensors)
    shape = tuple([array(x).size for x in inputs])
    grids = []
    for i, x in enumerate(inputs):
        grid = expand(reshape(x, (1,) * i + (-1,) + (1,) * (len(shape) - i - 1)), shape)
        grids.append(transpose(grid, 0, 1) if indexing == "xy" and len(shape) > 1 else grid)
    return tuple(grids)


# -- repeated --------------------------------------------------------------------------------


def repeat(input: TensorLike, *sizes: Any) -> Tensor:
    """The tensor repeated `sizes` times along each dimension.

    Examples
    --------
    >>> import fastnn
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
    >>> import fastnn
    >>> fastnn.tile(fastnn.ones(2, 1), (3,)).shape
    (2, 3)
    """
    times = tuple(dims) if isinstance(dims, (tuple, list)) else (dims,)
    return tiled("tile", input, (1,) * (array(input).ndim - len(times)) + times)


def tiled(op: str, input: TensorLike, times: tuple[Any, ...]) -> Tensor:
    x = array(input)
    if any(n < 0 for n in times):
        raise ValueError(f"{op}: repetitions must not be negative, got {times}")
    check_count(op, x.size * math.prod(times))
    return record(np.tile(x, times), tile_backward, (input,), x.shape, times)


def check_count(op: str, count: float) -> None:
    """Refuse sizes beyond any memory, whose products NumPy would let wrap around into a crash."""
    if count >= 2**47:
        raise MemoryError(f"{op}: an output of {count:.3g} elements does not fit in memory")


def tile_backward(node: Node, dy: Array) -> Grads:
    shape, times = node.saved
    sizes = (1,) * (len(times) - len(shape)) + shape
    pairs = [n for pair in zip(times, sizes) for n in pair]
    return (dy.reshape(pairs).sum(axis=tuple(range(0, len(pairs), 2))).reshape(shape),)


def repeat_interleave(
    input: TensorLike, repeats: int | TensorLike, dim: int | None = None
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

    Examples
    --------
    >>> import fastnn
    >>> fastnn.repeat_interleave(fastnn.arange(3), fastnn.tensor([2, 0, 1])).tolist()
    [0, 0, 2]
    """
    if dim is None:
        return repeat_interleave(ravel(input), repeats, 0)
    x = array(input)
    axis = axis_of("repeat_interleave", dim, x.ndim)
    times = np.asarray(array(repeats))
    if times.dtype.kind not in "iu" or times.ndim > 1 or (times < 0).any():
        raise ValueError("repeat_interleave: repeats must be integers from 0 in one dimension")
    if times.ndim == 1 and times.size not in (1, x.shape[axis]):
        raise ValueError(
            f"repeat_interleave: repeats must have {x.shape[axis]} elements, as dim {dim} has, got "
            f"{times.size}"
        )
    total = float(times.sum(dtype=np.float64))  # in float64: nothing here may wrap around
    check_count("repeat_interleave", total * (x.shape[axis] if times.size == 1 else 1))
    source = np.repeat(np.arange(x.shape[axis]), times)
    y = np.take(x, source, axis)
    return record(y, repeat_interleave_backward, (input,), x.shape, axis, source)


def repeat_interleave_backward(node: Node, dy: Array) -> Grads:
    shape, axis, source = node.saved
    dx = np.zeros(shape, dy.dtype)
    np.add.at(np.moveaxis(dx, axis, 0), source, np.moveaxis(dy, axis, 0))
    return (dx,)
