"""Elements along a dimension and their positions, to which the gradients go."""

from __future__ import annotations

from typing import Any, NamedTuple

from ... import _core
from ...autograd.record import Array, Grads, Node, record_many
from ...tensor import Tensor, TensorLike
from ..widen import narrowed, widened
from .types import from_kernel_type

__all__: list[str] = []  # for the operations of this folder, and the extremes


class Chosen(NamedTuple):
    """Values, and the positions they came from."""

    values: Tensor
    indices: Tensor


def chosen(
    input: TensorLike, x: Array, axis: int, found: tuple[Array, Array], keepdim: bool = True
) -> Chosen:
    """What a kernel found along `axis` of x, as tensors; of one element without `keepdim`."""
    values, indices = from_kernel_type(found[0], x.dtype), found[1]
    outputs = (values, indices)
    if not keepdim and x.ndim:
        outputs = values.squeeze(axis), indices.squeeze(axis)
    size = x.shape[axis] if x.ndim else 1
    return Chosen(*record_many(outputs, chosen_backward, (input,), indices, axis, size))


def chosen_backward(node: Node, dy: Array, _: Any) -> Grads:
    indices, axis, size = node.saved
    return (at_positions(dy.reshape(indices.shape), indices, axis, size),)


def at_positions(dy: Array, indices: Array, axis: int, size: int) -> Array:
    """Gradients at the positions of the elements that they belong to, and 0 elsewhere."""
    return narrowed(_core.sort_backward(widened(dy), indices, axis, size), dy.dtype)
