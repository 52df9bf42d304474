"""Convolutions are bilinear: the gradients of their gradients are again these operations.

With y = conv(x, w) linear in both: dx = A(dy, w) and dw = B(x, dy); the gradients of A are
conv(ddx, w) and B(ddx, dy), those of B are A(dy, ddw) and conv(x, ddw).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from ... import _core
from ...autograd.record import Array, Grads, Node, record
from ...autograd.recorded import input_of, rule
from ...tensor import Tensor
from ..conv.convolution import Kernel, conv_backward
from ..index.along import scatter_add
from ..pool.average import avg_pool_backward
from ..pool.max import max_pool_backward
from ..shape import reshape
from .fused import slope_of

__all__: list[str] = []


class Convolution:
    """The three operations for one choice of options and shapes."""

    def __init__(self, kernel: Kernel, options: tuple[Any, ...], x: Array, w: Array) -> None:
        self.kernel, self.options, self.x, self.w = kernel, options, x, w

    def forward_array(self, x: Array, w: Array) -> Array:
        y: Array = self.kernel.forward(x, w, None, *self.options)
        return y

    def gradient(self, dy: Array, x: Array, w: Array, which: int) -> Array:
        needs = (which == 0, which == 1, False)
        g: Array = self.kernel.backward(dy, x, w, None, *self.options, needs)[which]
        return g

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        y = self.forward_array(x._array, w._array)
        return record(y, forward_backward, (x, w), self, x._array, w._array)

    def dx(self, dy: Tensor, w: Tensor) -> Tensor:
        g = self.gradient(dy._array, self.x, w._array, 0)
        return record(g, dx_backward, (dy, w), self, dy._array, w._array)

    def dw(self, x: Tensor, dy: Tensor) -> Tensor:
        g = self.gradient(dy._array, x._array, self.w, 1)
        return record(g, dw_backward, (x, dy), self, x._array, dy._array)


def forward_backward(node: Node, dy: Array) -> Grads:
    c, x, w = node.saved
    first, second = node.needs
    return (
        c.gradient(dy, x, w, 0) if first else None,
        c.gradient(dy, x, w, 1) if second else None,
    )


@rule(forward_backward)
def forward_rule(node: Node, dy: Tensor) -> Sequence[Tensor | None]:
    c, x, w = node.saved
    first, second = node.needs
    return (
        c.dx(dy, input_of(node, 1, w)) if first else None,
        c.dw(input_of(node, 0, x), dy) if second else None,
    )


def dx_backward(node: Node, ddx: Array) -> Grads:
    c, dy, w = node.saved
    first, second = node.needs
    return (
        c.forward_array(ddx, w) if first else None,
        c.gradient(dy, ddx, w, 1) if second else None,
    )


@rule(dx_backward)
def dx_rule(node: Node, ddx: Tensor) -> Sequence[Tensor | None]:
    c, dy, w = node.saved
    first, second = node.needs
    return (
        c.forward(ddx, input_of(node, 1, w)) if first else None,
        c.dw(ddx, input_of(node, 0, dy)) if second else None,
    )


def dw_backward(node: Node, ddw: Array) -> Grads:
    c, x, dy = node.saved
    first, second = node.needs
    return (
        c.gradient(dy, x, ddw, 0) if first else None,
        c.forward_array(x, ddw) if second else None,
    )


@rule(dw_backward)
def dw_rule(node: Node, ddw: Tensor) -> Sequence[Tensor | None]:
    c, x, dy = node.saved
    first, second = node.needs
    return (
        c.dx(input_of(node, 1, dy), ddw) if first else None,
        c.forward(input_of(node, 0, x), ddw) if second else None,
    )


@rule(conv_backward)
def conv_rule(node: Node, dy: Tensor) -> Sequence[Tensor | None]:
    x, w, saved, options, activation, kernel = node.saved
    if activation is not None:
        dy = dy * slope_of(node, activation, saved, (x, w, None, options, None, kernel))
    c = Convolution(kernel, options, x, w)
    first, second, third, *residual = node.needs
    axes = tuple([i for i in range(dy.ndim) if i != dy.ndim - len(w.shape) + 1])
    return (
        c.dx(dy, input_of(node, 1, w)) if first else None,
        c.dw(input_of(node, 0, x), dy) if second else None,
        dy.sum(axes) if third else None,
        *[dy if r else None for r in residual],
    )


@rule(avg_pool_backward)
def avg_pool_rule(node: Node, dy: Tensor) -> Sequence[Tensor | None]:
    shape, *windows = node.saved
    g = _core.avg_pool_backward(dy._array, shape, *windows)
    return (record(g, unpooled_backward, (dy,), shape, *windows),)


def unpooled_backward(node: Node, ddx: Array) -> Grads:
    _, *windows = node.saved
    return (_core.avg_pool(ddx, *windows),)


@rule(unpooled_backward)
def unpooled_rule(node: Node, ddx: Tensor) -> Sequence[Tensor | None]:
    shape, *windows = node.saved
    y = _core.avg_pool(ddx._array, *windows)
    return (record(y, avg_pool_backward, (ddx,), shape, *windows),)


@rule(max_pool_backward)
def max_pool_rule(node: Node, dy: Tensor) -> Sequence[Tensor | None]:
    """Where the maxima were is constant, so this adds elements at given places."""
    places, shape, *windows = node.saved
    lead = shape[: len(shape) - len(windows[0])]
    i = _core.max_pool_indices(places, shape, *windows).reshape(*lead, -1)
    zeros = Tensor(np.zeros((*lead, prod(shape[len(lead) :])), dy.dtype))
    return (reshape(scatter_add(zeros, -1, Tensor(i), reshape(dy, *lead, -1)), shape),)
