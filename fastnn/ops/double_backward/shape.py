"""The same elements in other places: the gradients are put back, by operations of the same kind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...autograd.record import Array, Grads, Node, record
from ...autograd.recorded import rule
from ...tensor import Tensor
from .. import rearrange
from ..cast import to, to_backward
from ..copy import block, embedded
from ..index.basic import getitem, slice_backward
from ..join.concatenate import cat_backward, stack_backward
from ..join.repeat import tile_backward
from ..join.split import split_backward
from ..shape import (
    broadcast_backward,
    key_at,
    pass_backward,
    permute,
    permute_backward,
    reshape,
    reshape_backward,
    transpose,
    transpose_backward,
)
from .binary import fit

__all__: list[str] = []

Rearranged = Sequence[Tensor | None]


@rule(reshape_backward)
def reshape_rule(node: Node, dy: Tensor) -> Rearranged:
    return (reshape(dy, node.saved[0]),)


@rule(permute_backward)
def permute_rule(node: Node, dy: Tensor) -> Rearranged:
    (order,) = node.saved
    back = [0] * len(order)
    for i, axis in enumerate(order):
        back[axis] = i
    return (permute(dy, tuple(back)),)


@rule(transpose_backward)
def transpose_rule(node: Node, dy: Tensor) -> Rearranged:
    return (transpose(dy, *node.saved),)


@rule(broadcast_backward)
def broadcast_rule(node: Node, dy: Tensor) -> Rearranged:
    return (fit(dy, (node.saved[0], dy.dtype)),)


@rule(pass_backward)
def pass_rule(node: Node, dy: Tensor) -> Rearranged:
    return (dy,)


@rule(to_backward)
def to_rule(node: Node, dy: Tensor) -> Rearranged:
    return (to(dy, node.saved[0]),)


def among_zeros(x: Tensor, shape: tuple[int, ...], key: Any) -> Tensor:
    """Zeros of `shape` with `x` at `key`, which gives a view."""
    return record(embedded(x._array, shape, key), among_zeros_backward, (x,), key)


def among_zeros_backward(node: Node, dy: Array) -> Grads:
    (key,) = node.saved
    return (block(dy, key if type(key) is tuple else (key,)),)


@rule(among_zeros_backward)
def part_rule(node: Node, dy: Tensor) -> Rearranged:
    return (getitem(dy, node.saved[0]),)


@rule(slice_backward)
def slice_rule(node: Node, dy: Tensor) -> Rearranged:
    return (among_zeros(dy, *node.saved),)


@rule(cat_backward)
def cat_rule(node: Node, dy: Tensor) -> Rearranged:
    axis, parts = node.saved
    grads, start = [], 0
    for shape, dtype in parts:
        end = start + shape[axis]
        grads.append(fit(getitem(dy, key_at(axis, slice(start, end))), (shape, dtype)))
        start = end
    return grads


@rule(stack_backward)
def stack_rule(node: Node, dy: Tensor) -> Rearranged:
    axis, parts = node.saved
    return [to(getitem(dy, key_at(axis, i)), t) for i, (_, t) in enumerate(parts)]


@rule(split_backward)
def split_rule(node: Node, *dys: Tensor | None) -> Rearranged:
    axis, sizes, shape = node.saved
    dx, start = None, 0
    for dy, n in zip(dys, sizes):
        if dy is not None:
            part = among_zeros(dy, shape, key_at(axis, slice(start, start + n)))
            dx = part if dx is None else dx + part
        start += n
    return (dx,)


@rule(rearrange.pad_constant_backward)
def pad_rule(node: Node, dy: Tensor) -> Rearranged:
    shape, inner, outer = node.saved
    return (among_zeros(getitem(dy, outer), shape, inner),)


@rule(rearrange.flip_backward)
def flip_rule(node: Node, dy: Tensor) -> Rearranged:
    return (rearrange.flip(dy, node.saved[0]),)


@rule(rearrange.roll_backward)
def roll_rule(node: Node, dy: Tensor) -> Rearranged:
    shifts, axes = node.saved
    return (rearrange.roll(dy, shifts, axes),)


@rule(tile_backward)
def tile_rule(node: Node, dy: Tensor) -> Rearranged:
    shape, times = node.saved
    sizes = (1,) * (len(times) - len(shape)) + shape
    pairs = tuple([n for pair in zip(times, sizes) for n in pair])
    summed = reshape(dy, pairs).sum(tuple(range(0, len(pairs), 2)))
    return (reshape(summed, shape),)
