"""A tensor taken apart along a dimension."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

from ... import _core
from ...autograd.record import Array, Grads, Node, array, record_many
from ...autograd.views import as_views
from ...tensor import Tensor, TensorLike
from ..copy import zeros_like
from ..numpy_names import numpy_names
from ..shape import axis_of, key_at

__all__ = ["chunk", "split", "split_with_sizes", "unbind"]


def split(
    input: TensorLike, split_size_or_sections: int | Sequence[int], dim: int = 0
) -> tuple[Tensor, ...]:
    """Pieces of one size along a dimension (the last may be smaller), or of given sizes.

    Examples
    --------
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
        whole, last = divmod(length, size)
        sizes = [size] * whole + [last] * (last > 0 or whole == 0)
    rows, ends = x.swapaxes(0, axis), accumulate(sizes)
    pieces = [rows[end - n : end].swapaxes(0, axis) for n, end in zip(sizes, ends)]
    outs = record_many(pieces, split_backward, (input,), axis, sizes, x.shape)
    as_views(outs, input)
    return outs


def split_backward(node: Node, *dys: Array | None) -> Grads:
    axis, sizes, shape = node.saved
    given = [dy for dy in dys if dy is not None]
    if len(given) == len(dys):
        return (_core.cat(given, axis),)
    places = [key_at(axis, slice(end - n, end)) for n, end in zip(sizes, accumulate(sizes))]
    return (put_in_zeros(dys, places, shape),)


def put_in_zeros(
    dys: Sequence[Array | None], places: Sequence[Any], shape: tuple[int, ...]
) -> Array:
    """Gradients of some parts at their places among zeros; one of them is given at least."""
    given = [(place, dy) for place, dy in zip(places, dys) if dy is not None]
    dx = zeros_like(given[0][1], shape)
    for place, dy in given:
        _core.copy_into(dx[place], dy)
    return dx


def split_with_sizes(
    input: TensorLike, split_sizes: Sequence[int], dim: int = 0
) -> tuple[Tensor, ...]:
    """`split` into pieces of given sizes.

    Examples
    --------
    >>> [piece.tolist() for piece in fastnn.split_with_sizes(fastnn.arange(5), [1, 4])]
    [[0], [1, 2, 3, 4]]
    """
    return split(input, list(split_sizes), dim)


@numpy_names
def chunk(input: TensorLike, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """At most `chunks` pieces of one size along a dimension (the last may be smaller).

    Examples
    --------
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


@numpy_names
def unbind(input: TensorLike, dim: int = 0) -> tuple[Tensor, ...]:
    """The slices along a dimension, which goes away.

    Examples
    --------
    >>> [row.tolist() for row in fastnn.unbind(fastnn.eye(2))]
    [[1.0, 0.0], [0.0, 1.0]]
    """
    x = array(input)
    axis = axis_of("unbind", dim, x.ndim)
    rows = x.transpose(axis, *[i for i in range(x.ndim) if i != axis])
    slices = [rows[i, ...] for i in range(len(rows))]
    outs = record_many(slices, unbind_backward, (input,), axis, x.shape)
    as_views(outs, input)
    return outs


def unbind_backward(node: Node, *dys: Array | None) -> Grads:
    axis, shape = node.saved
    given = [dy for dy in dys if dy is not None]
    if len(given) == len(dys):
        return (_core.stack(given, axis),)
    return (put_in_zeros(dys, [key_at(axis, i, ...) for i in range(len(dys))], shape),)
