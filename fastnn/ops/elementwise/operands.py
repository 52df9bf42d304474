"""What operations on several tensors take, and what their gradients need of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..._core.autograd import alike
from ...autograd.record import Array, Grads, Node, array, unbroadcast
from ...dtypes import check_real, element, kind, result_type
from ...tensor import Tensor


def operand(value: Any) -> Any:
    """What a kernel takes: the array of a tensor or list, arrays and numbers as they are."""
    if isinstance(value, Tensor):
        return value._array
    return array(value) if isinstance(value, (list, tuple)) else value


def check_fit(op: str, y: Array, *operands: Any) -> None:
    """RuntimeError where a number among the operands is beyond the integer type of the result.

    For what chooses elements: a choice that has wrapped around is none of the operands.
    """
    for number in operands:
        if type(number) is int:
            element(op, number, y.dtype)


def pair(op: str, input: Any, other: Any) -> tuple[Any, Any]:
    """Two operands for NumPy, one of them an array at least; the errors are those of kernels."""
    a, b = operand(input), operand(other)
    for name, x in (("input", a), ("other", b)):
        if not isinstance(x, (bool, int, float, np.generic, np.ndarray)):
            kind = type(x).__name__
            raise TypeError(f"{op}: {name} must be a tensor, array or number, got {kind}")
        if isinstance(x, np.ndarray):
            check_real(op, x, name, stored=True)
    if not isinstance(a, np.ndarray) and not isinstance(b, np.ndarray):
        raise TypeError(f"{op}: at least one operand must be a tensor or an array")
    shapes = [np.shape(x) for x in (a, b)]
    try:
        if () not in shapes and shapes[0] != shapes[1]:
            np.broadcast_shapes(*shapes)
    except ValueError:
        raise ValueError(f"{op}: shapes {shapes[0]}, {shapes[1]} do not broadcast") from None
    return a, b


def narrowed(y: Array, *operands: Any) -> Array:
    """A result in float64 in the float type of the operands; float32 where they are integers."""
    dtype = result_type(*operands)
    with np.errstate(over="ignore"):
        return y.astype(dtype if kind(dtype) == "f" else np.float32, copy=False)


def like(x: Any) -> Any:
    """Shape and dtype of an operand, which is all that some gradients need of it."""
    return (x.shape, x.dtype) if type(x) is np.ndarray else None


def likes(a: Any, b: Any) -> tuple[Any, ...]:
    """`like` of both, or nothing where the result is like either of them."""
    return () if alike(a, b) else (like(a), like(b))


def fit(dy: Array | None, x: Any) -> Array | None:
    """The gradient of an operand from that of the result: summed to its shape, in its dtype."""
    if dy is None or alike(dy, x):
        return dy
    shape, dtype = x if type(x) is tuple else (x.shape, x.dtype)
    if dy.shape != shape:
        dy = unbroadcast(dy, shape)
    return dy if dy.dtype == dtype else dy.astype(dtype)


def from_kernel(kernel: Callable[..., Any]) -> Callable[[Node, Array], Grads]:
    """The backward of an op of two operands: ``da, db = kernel(dy, a, b, *needs)``."""

    def backward(node: Node, dy: Array) -> Grads:
        a, b = node.saved
        da, db = kernel(dy, a, b, *node.needs)
        return (fit(da, a), fit(db, b))

    backward.__name__ = kernel.__name__  # which errors name
    return backward
