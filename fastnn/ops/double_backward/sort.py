"""Elements chosen by their order: each gets the gradient of its place."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...autograd.record import Array, Node
from ...autograd.recorded import rule
from ...tensor import Tensor
from ..index.along import scatter_add
from ..reduce import extreme
from ..shape import reshape
from ..sort import positions

__all__: list[str] = []


def placed(dy: Tensor, indices: Array, axis: int, size: int) -> Tensor:
    if indices.ndim == 0:
        return reshape(dy, ())
    shape = list(indices.shape)
    shape[axis] = size
    return scatter_add(Tensor(np.zeros(shape, dy.dtype)), axis, indices, reshape(dy, indices.shape))


@rule(positions.chosen_backward)
def chosen_rule(node: Node, dy: Tensor, _: None = None) -> Sequence[Tensor | None]:
    return (placed(dy, *node.saved),)


@rule(extreme.extreme_backward)
def extreme_rule(node: Node, dy: Tensor, _: None = None) -> Sequence[Tensor | None]:
    shape, indices, dim = node.saved
    if not shape:
        return (reshape(dy, ()),)
    if indices.ndim < len(shape):
        indices = np.expand_dims(indices, dim)
    return (placed(dy, indices, dim, shape[dim]),)
