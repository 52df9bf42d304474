"""Losses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...autograd.record import Array, Node
from ...autograd.recorded import input_of, rule, tensor_of
from ...tensor import Tensor
from ..activation.smooth import sigmoid
from ..loss import binary, classes, distance
from ..shape import unsqueeze
from ..softmax import softmax_backward

__all__: list[str] = []


def share(reduction: str, count: int) -> float:
    return 1 / max(count, 1) if reduction == "mean" else 1.0


@rule(distance.mse_loss_backward)
def mse_rule(node: Node, dy: Tensor) -> Sequence[Tensor | None]:
    x, t, reduction = node.saved
    apart = input_of(node, 0, x) - input_of(node, 1, t)
    dx = dy * (2 * share(reduction, x.size)) * apart
    return dx if node.needs[0] else None, -dx if node.needs[1] else None


@rule(distance.l1_loss_backward)
def l1_rule(node: Node, dy: Tensor) -> Sequence[Tensor | None]:
    x, t, reduction = node.saved
    dx = dy * Tensor(np.sign(x - t) * np.asarray(share(reduction, x.size), x.dtype))
    return dx if node.needs[0] else None, -dx if node.needs[1] else None


@rule(distance.smooth_l1_loss_backward, distance.huber_loss_backward)
def huber_rule(node: Node, dy: Tensor) -> Sequence[Tensor | None]:
    x, t, reduction, width = node.saved
    apart = input_of(node, 0, x) - input_of(node, 1, t)
    dx = dy * share(reduction, x.size) * apart.clamp(-width, width)
    if node.backward is distance.smooth_l1_loss_backward:
        dx = dx / width
    return dx if node.needs[0] else None, -dx if node.needs[1] else None


@rule(binary.binary_cross_entropy_with_logits_backward)
def logits_rule(node: Node, dy: Tensor) -> Sequence[Tensor | None]:
    x, t, weight, reduction, pos_weight = node.saved
    if node.needs[1]:
        raise RuntimeError("create_graph: targets of binary cross entropy have no second gradient")
    p = sigmoid(input_of(node, 0, x))
    positive = t if pos_weight is None else t * pos_weight
    dx = dy * share(reduction, x.size) * (p * Tensor(1 - t + positive) - Tensor(positive))
    return dx if weight is None else dx * Tensor(weight), None


@rule(classes.nll_loss_backward)
def nll_rule(node: Node, dy: Tensor) -> Sequence[Tensor | None]:
    slope = np.asarray(node.backward(node, np.ones_like(dy._array))[0])
    return (each(dy, slope.ndim) * Tensor(slope),)


def each(dy: Tensor, ndim: int) -> Tensor:
    """The gradient of a loss for each sample, or for all, beside the scores of its classes."""
    return unsqueeze(dy, 1 if ndim > 1 else 0) if dy.ndim else dy


@rule(classes.cross_entropy_backward)
def cross_entropy_rule(node: Node, dy: Tensor) -> Sequence[Tensor | None]:
    """With weights T of the classes, ``dx = (p sum(T) - T) dy``; the saved gradient gives p."""
    gradient, reduction, options = node.saved
    axis = 1 if gradient.ndim > 1 else 0
    wanted, count = wanted_of(gradient, axis, *options)
    wanted /= count if reduction == "mean" else 1
    total = wanted.sum(axis, keepdims=True)
    p = (gradient + wanted) / np.where(total == 0, 1, total)
    before = Node(softmax_backward, node.inputs[:1], (True,), (p, axis, p.dtype))
    dx = tensor_of(before, p) * Tensor(total) - Tensor(wanted)
    return (dx * each(dy, gradient.ndim),)


def wanted_of(
    g: Array, axis: int, target: Array, weight: Array | None, ignored: int, smoothing: float
) -> tuple[Array, Any]:
    """The weight of each class in the loss of each sample, and what a mean divides by."""
    size = g.shape[axis]
    w = np.ones(size, g.dtype) if weight is None else weight
    w = w.reshape((-1,) + (1,) * (g.ndim - axis - 1))
    if target.dtype.kind == "f":
        return (target * (1 - smoothing) + smoothing / size) * w, g.size // size
    ids = np.expand_dims(target, axis)
    used = ids != ignored
    hit = (np.arange(size).reshape(w.shape) == ids).astype(g.dtype) * w
    wanted = (hit * (1 - smoothing) + smoothing / size * w) * used
    return wanted.astype(g.dtype), (hit * used).sum()
