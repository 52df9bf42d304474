"""Functions of two tensors, with broadcasting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ... import _core
from ...autograd.record import Node
from ...autograd.recorded import input_of, rule
from ...tensor import Tensor
from ..cast import to
from ..elementwise import arithmetic, choose, power
from ..elementwise.transcendental import log
from ..reduce.sums import sum as sum_
from ..shape import reshape

__all__: list[str] = []


def fit(dy: Tensor, x: Any) -> Tensor:
    """`dy` summed to the shape of an operand, in its type; `x` is the operand, or both, or None."""
    if x is None or not isinstance(x, (np.ndarray, Tensor, tuple)):
        return dy
    shape, dtype = x if isinstance(x, tuple) else (tuple(x.shape), x.dtype)
    if tuple(dy.shape) != shape:
        lead = dy.ndim - len(shape)
        axes = [i for i, n in enumerate(dy.shape) if i < lead or shape[i - lead] != n]
        dy = reshape(sum_(dy, axes, True), shape)
    return dy if dy.dtype == dtype else to(dy, dtype)


def pair(
    node: Node, a: Any, b: Any, da: Tensor | None, db: Tensor | None
) -> Sequence[Tensor | None]:
    return (None if da is None else fit(da, a), None if db is None else fit(db, b))


@rule(arithmetic.add_backward, arithmetic.sub_backward)
def sum_rule(node: Node, dy: Tensor) -> Sequence[Tensor | None]:
    a, b = node.saved or (None, None)
    other = dy if node.backward is arithmetic.add_backward else -dy
    return pair(node, a, b, dy if node.needs[0] else None, other if node.needs[1] else None)


@rule(arithmetic.add_scaled_backward)
def add_scaled(node: Node, dy: Tensor) -> Sequence[Tensor | None]:
    a, b, alpha = node.saved
    return pair(node, a, b, dy if node.needs[0] else None, dy * alpha if node.needs[1] else None)


@rule(arithmetic.mul_backward)
def mul(node: Node, dy: Tensor) -> Sequence[Tensor | None]:
    a, b = node.saved
    first, second = node.needs
    da = dy * input_of(node, 1, b) if first else None
    return pair(node, a, b, da, dy * input_of(node, 0, a) if second else None)


@rule(arithmetic.div_backward)
def div(node: Node, dy: Tensor) -> Sequence[Tensor | None]:
    a, b = node.saved
    first, second = node.needs
    x, y = input_of(node, 0, a), input_of(node, 1, b)
    return pair(node, a, b, dy / y if first else None, -(dy * x / (y * y)) if second else None)


@rule(power.pow_backward)
def pow(node: Node, dy: Tensor) -> Sequence[Tensor | None]:
    a, b = node.saved
    first, second = node.needs
    x, e = input_of(node, 0, a), input_of(node, 1, b)
    da = dy * e * x ** (e - 1) if first else None
    return pair(node, a, b, da, dy * x**e * log(x) if second else None)


@rule(choose.maximum_backward, choose.minimum_backward)
def extreme(node: Node, dy: Tensor) -> Sequence[Tensor | None]:
    """Where both are equal each has half of the gradient."""
    a, b = node.saved
    first, second = (a, b) if node.backward is choose.maximum_backward else (b, a)
    share = np.asarray(_core.gt(first, second), dy.dtype)
    share += 0.5 * np.asarray(_core.eq(first, second), dy.dtype)
    taken = Tensor(share)
    return pair(
        node,
        a,
        b,
        dy * taken if node.needs[0] else None,
        dy * (1 - taken) if node.needs[1] else None,
    )


@rule(choose.where_backward)
def where(node: Node, dy: Tensor) -> Sequence[Tensor | None]:
    c, a, b = node.saved
    zero = np.zeros((), dy.dtype)
    da = choose.where(c, dy, zero) if node.needs[0] else None
    return pair(node, a, b, da, choose.where(c, zero, dy) if node.needs[1] else None)
