"""Elements by position: what was taken is added where it was, what was put is taken."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...autograd.record import Node
from ...autograd.recorded import rule
from ...tensor import Tensor
from ..index import along, basic, mask, slices
from ..index.along import gather, scatter_add
from ..index.mask import masked_fill, masked_scatter, masked_select
from ..index.places import index_put
from ..index.slices import index_add, index_select
from .binary import fit

__all__: list[str] = []

Placed = Sequence[Tensor | None]


def zeros(shape: tuple[int, ...], like: Tensor) -> Tensor:
    return Tensor(np.zeros(shape, like.dtype))


@rule(along.gather_backward)
def gather_rule(node: Node, dy: Tensor) -> Placed:
    shape, dim, i = node.saved
    return (scatter_add(zeros(shape, dy), dim, i, dy),)


@rule(along.scatter_add_backward)
def scatter_add_rule(node: Node, dy: Tensor) -> Placed:
    dim, i, shape, _ = node.saved
    if node.needs[1] and shape != i.shape:
        raise RuntimeError("create_graph: src of scatter_add must have the shape of index")
    return dy, gather(dy, dim, i) if node.needs[1] else None


@rule(slices.index_select_backward)
def index_select_rule(node: Node, dy: Tensor) -> Placed:
    shape, dim, i = node.saved
    return (index_add(zeros(shape, dy), dim, i.reshape(-1), dy),)


@rule(slices.index_add_backward)
def index_add_rule(node: Node, dy: Tensor) -> Placed:
    dim, i, shape, alpha = node.saved
    if not node.needs[1]:
        return dy, None
    ds = index_select(dy, dim, i)
    return dy, (ds if alpha == 1 else ds * alpha).reshape(shape)


@rule(basic.index_backward)
def index_rule(node: Node, dy: Tensor) -> Placed:
    shape, ids = node.saved
    return (index_put(zeros(shape, dy), ids, dy, True),)


@rule(mask.masked_select_backward)
def masked_select_rule(node: Node, dy: Tensor) -> Placed:
    shape, m = node.saved
    wide = np.broadcast_shapes(shape, m.shape)
    return (fit(masked_scatter(zeros(wide, dy), m, dy), (shape, dy.dtype)),)


@rule(mask.masked_scatter_backward)
def masked_scatter_rule(node: Node, dy: Tensor) -> Placed:
    m, shape = node.saved
    used = masked_select(dy, m)
    if node.needs[1] and used.shape != shape:
        raise RuntimeError("create_graph: source of masked_scatter must have one place for each")
    return masked_fill(dy, m, 0.0), used if node.needs[1] else None


@rule(mask.masked_fill_backward)
def masked_fill_rule(node: Node, dy: Tensor) -> Placed:
    m, shape = node.saved
    dv = masked_select(dy, m).sum() if node.needs[1] else None
    return fit(masked_fill(dy, m, 0.0), (shape, dy.dtype)), dv


@rule(basic.getitem_backward)
def getitem_rule(node: Node, dy: Tensor) -> Placed:
    shape, places = node.saved
    if places.mask is not None:
        return (masked_scatter(zeros(shape, dy), places.mask, dy),)
    raise RuntimeError("create_graph: an index of slices and arrays cannot be differentiated again")
