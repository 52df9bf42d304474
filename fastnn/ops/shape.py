"""Operations that change the shape of a tensor and not its values."""

from __future__ import annotations

from typing import Any

from ..autograd.function import Array, Grads, Node, array, record
from ..tensor import Tensor, TensorLike

__all__ = ["reshape"]


def reshape(input: TensorLike, *shape: Any) -> Tensor:
    """The same elements in another shape."""
    x = array(input)
    size = shape[0] if len(shape) == 1 and isinstance(shape[0], (tuple, list)) else shape
    return record(x.reshape(size), reshape_backward, (input,), x.shape)


def reshape_backward(node: Node, dy: Array) -> Grads:
    (shape,) = node.saved
    return (dy.reshape(shape),)
