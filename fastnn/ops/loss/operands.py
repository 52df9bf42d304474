"""What losses between two arrays of one shape have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ... import _core
from ...autograd.record import Array, Grads, Node, array, record, unbroadcast
from ...callers import warn
from ...dtypes import cast_to, float32, no_floats, result_type
from ...tensor import Tensor, TensorLike, check_constant
from .labels import shape_advice


def pair(op: str, input: Any, target: Any, strict: bool = False) -> tuple[Any, Any, Array, Array]:
    """Input and target, of one float type and shape, and their arrays."""
    x = array(input)
    t = array(target)
    if x.dtype != t.dtype or x.dtype.kind != "f":
        input, target, x, t = promoted(op, input, target)
    if x.shape != t.shape:
        try:
            shape = np.broadcast_shapes(x.shape, t.shape)
        except ValueError:
            strict = True
        advice = shape_advice(x, t)
        if strict:
            raise ValueError(
                f"{op}: target must have the shape of input, {x.shape}, got {t.shape}{advice}"
            )
        warn(
            f"{op}: input has shape {x.shape} and target {t.shape}; they are broadcast to {shape}, "
            f"which is rarely what was meant{advice}"
        )
        input, target = expanded(input, shape), expanded(target, shape)
        x, t = input._array, target._array
    return input, target, x, t


def promoted(op: str, input: TensorLike, target: TensorLike) -> tuple[Any, Any, Array, Array]:
    """Both in the type that they are promoted to, integers in float32."""
    x, t = array(input), array(target)
    for name, a in (("input", x), ("target", t)):
        if a.dtype.kind not in "fiub":
            raise no_floats(op, name, a.dtype)
    dtype = result_type(x, t)
    dtype = dtype if dtype.kind == "f" else float32
    input, target = converted(input, dtype), converted(target, dtype)
    return input, target, input._array, target._array


def converted(input: TensorLike, dtype: Any) -> Tensor:
    x = array(input)
    return record(x.astype(dtype, copy=False), converted_backward, (input,), x.dtype)


def converted_backward(node: Node, dy: Array) -> Grads:
    return (dy.astype(node.saved[0], copy=False),)


def expanded(input: TensorLike, shape: tuple[int, ...]) -> Tensor:
    x = array(input)
    return record(_core.broadcast_to(x, shape), expanded_backward, (input,), x.shape)


def expanded_backward(node: Node, dy: Array) -> Grads:
    return (unbroadcast(dy, node.saved[0]),)


def like(op: str, name: str, weight: TensorLike | None, x: Array) -> Array | None:
    """A weight that is broadcast to the shape of `x`."""
    if weight is None:
        return None
    check_constant(op, name, weight)
    w = cast_to(op, array(weight), x.dtype, name)
    if w.shape == x.shape:
        return w
    try:
        return np.broadcast_to(w, x.shape)
    except ValueError:
        raise ValueError(
            f"{op}: {name} must be broadcastable to the shape of input, {x.shape}, got {w.shape}"
        ) from None


def from_kernel(kernel: Callable[..., Any]) -> Callable[[Node, Array], Grads]:
    """The backward of an elementwise loss: gradients of input and target, each where needed."""

    def backward(node: Node, dy: Array) -> Grads:
        by_input, by_target = node.needs
        return (
            kernel(dy, *node.saved) if by_input else None,
            kernel(dy, *node.saved, to_target=True) if by_target else None,
        )

    backward.__name__ = kernel.__name__  # which errors name
    return backward


def triple(op: str, **given: Any) -> tuple[tuple[Any, ...], tuple[Array, Array, Array]]:
    """Three operands by name, broadcast to one shape in one float type, and their arrays."""
    dtype = result_type(*[array(a) for a in given.values()])
    dtype = dtype if dtype.kind == "f" else float32
    operands = []
    for name, a in given.items():
        kind = array(a).dtype
        if kind.kind not in "fiub":
            raise no_floats(op, name, kind)
        operands.append(a if kind == dtype else converted(a, dtype))
    shapes = [array(a).shape for a in operands]
    try:
        shape = np.broadcast_shapes(*shapes)
    except ValueError:
        names = " and ".join(given)
        raise ValueError(
            f"{op}: {names} must be broadcastable to one shape, got "
            + " and ".join(map(str, shapes))
        ) from None
    same = tuple([a if s == shape else expanded(a, shape) for a, s in zip(operands, shapes)])
    x, y, z = map(array, same)
    return same, (x, y, z)
