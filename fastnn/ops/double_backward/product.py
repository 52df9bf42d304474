"""Matrix products and linear layers."""

from __future__ import annotations

from collections.abc import Sequence

from ...autograd.record import Node
from ...autograd.recorded import input_of, rule
from ...tensor import Tensor
from ..gemm import matmul, matmul_backward, outer_backward
from ..linear import linear_backward
from ..shape import reshape, transpose, unsqueeze
from .binary import fit
from .fused import slope_of

__all__: list[str] = []


@rule(matmul_backward)
def matmul_rule(node: Node, dy: Tensor) -> Sequence[Tensor | None]:
    a, b = node.saved
    x, w = input_of(node, 0, a), input_of(node, 1, b)
    if a.ndim == 1:
        x, dy = unsqueeze(x, 0), unsqueeze(dy, -2 if b.ndim > 1 else 0)
    if b.ndim == 1:
        w, dy = unsqueeze(w, 1), unsqueeze(dy, -1)
    da = db = None
    if node.needs[0]:
        da = fit(matmul(dy, transpose(w, -1, -2)), (tuple(x.shape), a.dtype)).reshape(a.shape)
    if node.needs[1]:
        db = fit(matmul(transpose(x, -1, -2), dy), (tuple(w.shape), b.dtype)).reshape(b.shape)
    return da, db


@rule(outer_backward)
def outer_rule(node: Node, dy: Tensor) -> Sequence[Tensor | None]:
    a, b = node.saved
    da = matmul(dy, input_of(node, 1, b)) if node.needs[0] else None
    return da, matmul(input_of(node, 0, a), dy) if node.needs[1] else None


@rule(linear_backward)
def linear_rule(node: Node, dy: Tensor) -> Sequence[Tensor | None]:
    a, w, saved, activation = node.saved
    if activation is not None:
        dy = dy * slope_of(node, activation, saved, (a, w, None, None))
    da = dw = db = None
    rows = reshape(dy, -1, w.shape[0])
    if node.needs[0]:
        da = reshape(matmul(dy, input_of(node, 1, w)), a.shape)
    if node.needs[1]:
        dw = matmul(transpose(rows, 0, 1), reshape(input_of(node, 0, a), -1, w.shape[1]))
    if node.needs[2]:
        db = rows.sum(0)
    return da, dw, db
