"""Backward rules that many ops share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..autograd.record import Array, Grads, Node

__all__ = ["from_kernel"]


def from_kernel(kernel: Callable[..., Any]) -> Callable[[Node, Array], Grads]:
    """The backward of an op of one tensor that one kernel computes: ``dx = kernel(dy, *saved)``."""

    def backward(node: Node, dy: Array) -> Grads:
        return (kernel(dy, *node.saved),)

    backward.__name__ = kernel.__name__  # which errors name
    return backward
