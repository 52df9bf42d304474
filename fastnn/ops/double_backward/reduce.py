"""Sums and what is made of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...autograd.record import Node
from ...autograd.recorded import input_of, output_of, rule
from ...tensor import Tensor
from ..elementwise.transcendental import exp
from ..reduce import moments, sums
from ..shape import expand, reshape
from ..softmax import log_softmax_backward, softmax_backward

__all__: list[str] = []


def spread(dy: Tensor, shape: tuple[int, ...], dim: Any) -> Tensor:
    """The gradient of a sum over `dim`: every element has that of its sum."""
    ndim = len(shape)
    if dim is None or dim == ():
        dim = range(ndim)
    dims = dim if isinstance(dim, (tuple, list, range)) else (dim,)
    reduced = {d % ndim for d in dims} if ndim else set()
    kept = tuple([1 if i in reduced else n for i, n in enumerate(shape)])
    return expand(reshape(dy, kept), shape)


@rule(sums.sum_backward)
def sum_rule(node: Node, dy: Tensor) -> Sequence[Tensor | None]:
    shape, dim = node.saved
    return (spread(dy, shape, dim),)


@rule(sums.mean_backward)
def mean_rule(node: Node, dy: Tensor) -> Sequence[Tensor | None]:
    shape, dim, share = node.saved
    return (spread(dy * share, shape, dim),)


@rule(sums.logsumexp_backward)
def logsumexp_rule(node: Node, dy: Tensor) -> Sequence[Tensor | None]:
    x, y, dim = node.saved
    out = spread(output_of(node, y), x.shape, dim)
    return (spread(dy, x.shape, dim) * exp(input_of(node, 0, x) - out),)


@rule(sums.norm_backward)
def norm_rule(node: Node, dy: Tensor) -> Sequence[Tensor | None]:
    x, y, p, dim = node.saved
    if p != 2:
        raise RuntimeError(f"create_graph: only the norm with p=2 has a second gradient, got p={p}")
    a = input_of(node, 0, x)
    # At 0 the gradient is 0, as that of the norm itself.
    length = output_of(node, y)
    safe = length + Tensor((y == 0).astype(y.dtype))
    return (spread(dy / safe, x.shape, dim) * a,)


@rule(moments.var_backward, moments.std_backward)
def var_rule(node: Node, dy: Tensor) -> Sequence[Tensor | None]:
    x, y, _, dims, correction = node.saved
    a = input_of(node, 0, x)
    count = x.size // max(y.size, 1)
    if node.backward is moments.std_backward:
        dy = dy / (2 * output_of(node, y))
    centred = a - sums.mean(a, dims, True)
    return (spread(dy * (2 / max(count - correction, 0)), x.shape, dims) * centred,)


@rule(softmax_backward)
def softmax_rule(node: Node, dy: Tensor) -> Sequence[Tensor | None]:
    saved, dim, dtype = node.saved
    y = output_of(node, saved)
    return ((y * (dy - sums.sum(dy * y, dim, True))).to(dtype),)


@rule(log_softmax_backward)
def log_softmax_rule(node: Node, dy: Tensor) -> Sequence[Tensor | None]:
    saved, dim, dtype = node.saved
    y = output_of(node, saved)
    return ((dy - exp(y) * sums.sum(dy, dim, True)).to(dtype),)
