"""Linear operations, whose gradient is linear too: its own gradient is the operation itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from ... import _core
from ...autograd.record import Array, Grads, Node, record
from ...autograd.recorded import input_of, rule
from ...tensor import Tensor
from .. import rearrange, resample, scan, shuffle
from ..activation import operands
from ..elementwise import arithmetic
from ..elementwise.choose import where
from ..embedding import embedding_backward
from ..shape.permute import diagonal_backward
from .binary import fit

__all__: list[str] = []

Map: TypeAlias = Callable[[Array], Array]


def applied(up: Map, down: Map, x: Tensor) -> Tensor:
    """A linear map of a tensor, of which `down` is the transpose."""
    return record(up(x._array), applied_backward, (x,), up, down)


def applied_backward(node: Node, dy: Array) -> Grads:
    _, down = node.saved
    return (down(dy),)


@rule(applied_backward)
def applied_rule(node: Node, dy: Tensor) -> Sequence[Tensor | None]:
    up, down = node.saved
    return (applied(down, up, dy),)


def embedded(ids: Array, shape: Any, padding_idx: Any, by_frequency: bool, sparse: bool) -> Map:
    if by_frequency or sparse:
        raise RuntimeError(
            "create_graph: embedding with scale_grad_by_freq or sparse has no second gradient"
        )

    def rows(w: Array) -> Array:
        if padding_idx is not None and padding_idx >= 0:
            w = w.copy()
            w[padding_idx] = 0
        return _core.embedding(ids, w)

    return rows


# What an operation does to an array, from what its node saved and the shape of its output.
FORWARD: dict[Any, Callable[..., Map]] = {
    resample.interpolate_backward: lambda shape, size, options: (
        lambda x: _core.interpolate(x, shape[2:], *options)
    ),
    shuffle.pixel_shuffle_backward: lambda shape, r: lambda x: shuffle.shuffled(x, r),
    shuffle.pixel_unshuffle_backward: lambda shape, r: lambda x: shuffle.unshuffled(x, r),
    shuffle.channel_shuffle_backward: lambda shape, other: (
        lambda x: shuffle.in_turns(x, shape[1] // other)
    ),
    scan.cumsum_backward: lambda shape, dim: lambda x: _core.cumsum(x, dim),
    rearrange.triangle_backward: lambda shape, cut, diagonal: lambda x: cut(x, diagonal),
    diagonal_backward: lambda shape, whole, *where: lambda x: x.diagonal(*where).copy(),
    embedding_backward: lambda shape, *saved: embedded(*saved),
}


@rule(*FORWARD)
def linear_rule(node: Node, dy: Tensor) -> Sequence[Tensor | None]:
    def down(dy: Array) -> Array:
        (dx,) = node.backward(walked, dy)
        return dx  # type: ignore[return-value]

    # The walk of the first graph may free what its nodes saved.
    walked = Node(node.backward, node.inputs, node.needs, node.saved)
    up = FORWARD[node.backward](dy.shape, *node.saved)
    return (applied(down, up, dy),)


@rule(arithmetic.lerp_backward)
def lerp_rule(node: Node, dy: Tensor) -> Sequence[Tensor | None]:
    a, b, w = node.saved
    share = input_of(node, 2, w)
    found = [dy - dy * share, dy * share, None]
    if node.needs[2]:
        found[2] = dy * (input_of(node, 1, b) - input_of(node, 0, a))
    return [
        None if g is None or not needed else fit(g, (x.shape, x.dtype))
        for g, needed, x in zip(found, node.needs, (a, b, w))
    ]


@rule(operands.prelu_backward)
def prelu_rule(node: Node, dy: Tensor) -> Sequence[Tensor | None]:
    x, w = node.saved
    across = (-1, *[1] * (x.ndim - 2)) if x.ndim > 1 and w.size > 1 else (w.size,)
    slope = input_of(node, 1, w).reshape(across)
    dx = where(Tensor(x > 0), dy, dy * slope)
    dw = where(Tensor(x > 0), 0.0, dy * input_of(node, 0, x))
    return dx, fit(dw, (slope.shape, w.dtype)).reshape(w.shape) if node.needs[1] else None
