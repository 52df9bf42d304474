"""Normalizations: the gradient flows through the mean and the variance too."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

from ...autograd.record import Array, Node
from ...autograd.recorded import input_of, rule
from ...tensor import Tensor
from ..elementwise.algebraic import rsqrt
from ..norm import batch, group, layer
from ..reduce.sums import mean, sum
from ..shape import expand, reshape
from .fused import slope_of

__all__: list[str] = []

Means: TypeAlias = Callable[[Tensor], Tensor]
Gradients: TypeAlias = Sequence[Tensor | None]


def inverse_deviation(centred: Tensor, means: Means, saved: Array) -> Tensor:
    """1 / √(v + eps), with the eps for which it has the value that was saved."""
    v = means(centred * centred)
    eps = saved.astype(np.float64) ** -2 - v._array
    return rsqrt(v + Tensor(eps.astype(saved.dtype)))


def through(g: Tensor, h: Tensor, r: Tensor, means: Means, centred: bool = True) -> Tensor:
    """The gradient of x, with h = (x - m) r, for the gradient g of h."""
    pulled = g - h * means(g * h)
    return r * (pulled - means(g) if centred else pulled)


def before_activation(
    node: Node, dy: Tensor, activation: Any, saved: Any, plain: tuple[Any, ...]
) -> Tensor:
    """The gradient of what the activation took; `plain` is what a node without one saves."""
    return dy if activation is None else dy * slope_of(node, activation, saved, plain)


def of_parameters(
    node: Node, dz: Tensor, h: Tensor, w: Array | None, axes: Any, first: int = 1
) -> list[Tensor | None]:
    """The gradients of weight and bias, which are inputs from `first` on: sums over `axes`."""
    found = []
    for k, g in enumerate((dz * h if node.needs[first] else dz, dz)[: len(node.needs) - first]):
        found.append(sum(g, axes) if node.needs[first + k] else None)
    return found


def over(axes: tuple[int, ...]) -> Means:
    return lambda t: mean(t, axes, True)


def weighted(node: Node, dz: Tensor, w: Array | None, shape: tuple[int, ...]) -> Tensor:
    """The gradient of what the weight, in a shape that broadcasts, multiplies."""
    return dz if w is None else dz * reshape(input_of(node, 1, w), shape)


@rule(layer.layer_norm_backward, layer.rms_norm_backward)
def layer_norm_rule(node: Node, dy: Tensor) -> Gradients:
    centred = node.backward is layer.layer_norm_backward
    x, w, shape, *_, rstd, saved, activation = node.saved
    plain = (*node.saved[:-2], None, None)
    size = 1 if isinstance(shape, int) else len(shape)
    last = tuple(range(x.ndim - size, x.ndim))
    means = over(last)
    a = input_of(node, 0, x)
    a = a - means(a) if centred else a
    r = inverse_deviation(a, means, rstd.reshape(x.shape[: x.ndim - size] + (1,) * size))
    h = a * r
    dz = before_activation(node, dy, activation, saved, plain)
    g = dz if w is None else dz * input_of(node, 1, w)
    return (
        through(g, h, r, means, centred),
        *of_parameters(node, dz, h, w, tuple(range(x.ndim - size))),
    )


@rule(group.group_norm_backward, group.instance_norm_backward)
def group_norm_rule(node: Node, dy: Tensor) -> Gradients:
    x, w, *groups, _, rstd, saved, activation = node.saved
    plain = (*node.saved[:-2], None, None)
    samples, channels, *places = x.shape
    grouped = (samples, groups[0] if groups else channels, -1)

    def means(t: Tensor) -> Tensor:
        each = mean(reshape(t, grouped), 2, True)
        return reshape(expand(each, reshape(t, grouped).shape), x.shape)

    a = input_of(node, 0, x)
    a = a - means(a)
    each = np.broadcast_to(rstd[:, :, None], (*grouped[:2], x.size // max(rstd.size, 1)))
    r = inverse_deviation(a, means, each.reshape(x.shape))
    h = a * r
    dz = before_activation(node, dy, activation, saved, plain)
    g = weighted(node, dz, w, (1, channels, *[1] * len(places)))
    others = (0, *range(2, x.ndim))
    return through(g, h, r, means), *of_parameters(node, dz, h, w, others)


@rule(batch.batch_norm_backward)
def batch_norm_rule(node: Node, dy: Tensor) -> Gradients:
    x, w, b, saved, m, rstd, training, activation = node.saved
    others, across = (0, *range(2, x.ndim)), (1, -1, *[1] * (x.ndim - 2))
    means = over(others)
    a = input_of(node, 0, x)
    if training:
        a = a - means(a)
        r = inverse_deviation(a, means, rstd.reshape(across))
    else:
        a, r = a - Tensor(m.reshape(across)), Tensor(rstd.reshape(across))
    h = a * r
    if activation is not None and saved is None:  # only its sign counts
        saved = h._array if w is None else h._array * w.reshape(across)
        saved = saved if b is None else saved + b.reshape(across)
    plain = (x, w, None, None, m, rstd, training, None)
    dz = before_activation(node, dy, activation, saved, plain)
    g = weighted(node, dz, w, across)
    dx = through(g, h, r, means) if training else g * r
    return dx, *of_parameters(node, dz, h, w, others)[:2], dz if node.needs[3] else None


@rule(batch.batch_renorm_backward)
def batch_renorm_rule(node: Node, dy: Tensor) -> Gradients:
    """The limited factor and shift count as constants."""
    x, w, b, saved, m, rstd, factor, shift, activation = node.saved
    others, across = (0, *range(2, x.ndim)), (1, -1, *[1] * (x.ndim - 2))
    means = over(others)
    a = input_of(node, 0, x)
    a = a - means(a)
    r = inverse_deviation(a, means, rstd.reshape(across))
    h, scale = a * r, Tensor(factor.reshape(across))
    moved = h * scale + Tensor(shift.reshape(across))
    if activation is not None and saved is None:
        saved = moved._array if w is None else moved._array * w.reshape(across)
        saved = saved if b is None else saved + b.reshape(across)
    plain = (x, w, None, None, m, rstd, factor, shift, None)
    dz = before_activation(node, dy, activation, saved, plain)
    g = weighted(node, dz, w, across)
    dx = through(g * scale, h, r, means)
    return dx, *of_parameters(node, dz, moved, w, others)[:2], dz if node.needs[3] else None
