"""Sums, products and quotients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ... import _core
from ...autograd.changes import read_for
from ...autograd.record import Array, Grads, Node, record
from ...dtypes import check_same, kind, result_type
from ...tensor import Tensor, TensorLike
from .operands import fit, like, likes, operand

__all__ = [
    "add",
    "addcdiv",
    "addcmul",
    "div",
    "divide",
    "lerp",
    "mul",
    "multiply",
    "rsub",
    "sub",
    "subtract",
    "true_divide",
]


def add(input: TensorLike, other: TensorLike, *, alpha: float = 1) -> Tensor:
    """Sum: ``y = input + alpha other``.

    Parameters
    ----------
    input, other
        Tensors whose shapes broadcast, or one of them a number.
    alpha
        Factor of `other`.

    Returns
    -------
    Tensor
        ``y``, of the common shape.

    Examples
    --------
    >>> fastnn.add(fastnn.tensor([1.0, 2.0]), fastnn.tensor([[10.0], [20.0]]))
    tensor([[11., 12.],
            [21., 22.]])
    """
    a = input._array if isinstance(input, Tensor) else operand(input)
    b = other._array if isinstance(other, Tensor) else operand(other)
    if alpha == 1:
        return record(_core.add(a, b), add_backward, (input, other), *likes(a, b))
    return record(
        add_scaled(a, b, alpha), add_scaled_backward, (input, other), like(a), like(b), alpha
    )


def add_backward(node: Node, dy: Array) -> Grads:
    first, second = node.needs
    if not node.saved:
        return (dy if first else None, dy if second else None)
    a, b = node.saved
    return (fit(dy, a) if first else None, fit(dy, b) if second else None)


def add_scaled(a: Any, b: Any, alpha: Any) -> Array:
    """``a + alpha b`` on arrays: in one pass for floats."""
    dtype = result_type(a, b)
    if kind(dtype) == "f":
        return _core.add_scaled(a, b, alpha)
    check_factor("add", "alpha", alpha)
    return _core.add(a, _core.mul(b, alpha)).astype(dtype, copy=False)


def check_factor(op: str, name: str, value: Any) -> None:
    """The factor of integers is one, so that the result is."""
    if isinstance(value, float):
        raise TypeError(f"{op}: {name} must be an integer for integer operands, got {value}")


def add_scaled_backward(node: Node, dy: Array) -> Grads:
    a, b, alpha = node.saved
    first, second = node.needs
    return (fit(dy, a) if first else None, fit(_core.mul(dy, alpha), b) if second else None)


def sub(input: TensorLike, other: TensorLike, *, alpha: float = 1) -> Tensor:
    """Difference: ``y = input - alpha other``.

    Arguments and result are those of `add`.

    Examples
    --------
    >>> 1.0 - fastnn.tensor([1.0, 2.0])
    tensor([ 0., -1.])
    """
    a = input._array if isinstance(input, Tensor) else operand(input)
    b = other._array if isinstance(other, Tensor) else operand(other)
    if alpha == 1:
        return record(_core.sub(a, b), sub_backward, (input, other), *likes(a, b))
    return record(
        add_scaled(a, b, -alpha), add_scaled_backward, (input, other), like(a), like(b), -alpha
    )


def sub_backward(node: Node, dy: Array) -> Grads:
    first, second = node.needs
    if not node.saved:
        return (dy if first else None, _core.neg(dy) if second else None)
    a, b = node.saved
    return (fit(dy, a) if first else None, fit(_core.neg(dy), b) if second else None)


def rsub(input: TensorLike, other: TensorLike, *, alpha: float = 1) -> Tensor:
    """Difference in the other order: ``y = other - alpha input``.

    Arguments and result are those of `add`.

    Examples
    --------
    >>> fastnn.rsub(fastnn.tensor([1.0, 2.0]), 1.0)
    tensor([ 0., -1.])
    """
    return sub(other, input, alpha=alpha)


def mul(input: TensorLike, other: TensorLike) -> Tensor:
    """Product: ``y = input other``.

    Arguments and result are those of `add`, without `alpha`.

    Examples
    --------
    >>> x = fastnn.tensor([1.0, 2.0], requires_grad=True)
    >>> (x * x).backward(fastnn.ones(2))
    >>> x.grad
    tensor([2., 4.])
    """
    a = input._array if isinstance(input, Tensor) else operand(input)
    b = other._array if isinstance(other, Tensor) else operand(other)
    return record(_core.mul(a, b), mul_backward, (input, other), a, b)


@read_for((1,), (0,))
def mul_backward(node: Node, dy: Array) -> Grads:
    a, b = node.saved
    first, second = node.needs
    if not second:
        return (fit(_core.mul(dy, b), a), None)
    if not first:
        return (None, fit(_core.mul(dy, a), b))
    da, db = _core.mul_backward(dy, a, b)
    return (fit(da, a), fit(db, b))


def div(input: TensorLike, other: TensorLike, *, rounding_mode: str | None = None) -> Tensor:
    """Quotient: ``y = input / other``.

    Parameters
    ----------
    input, other
        Tensors whose shapes broadcast, or one of them a number. Integers are divided as float32,
        but by themselves where the quotient is rounded.
    rounding_mode
        None for true division, ``"trunc"`` to round towards zero, ``"floor"`` to round down (as
        ``//`` in Python). Rounded quotients have no gradient.

    Returns
    -------
    Tensor
        ``y``, of the common shape; a float type unless rounded.

    Examples
    --------
    >>> fastnn.div(fastnn.tensor([7.0, -7.0]), 2.0)
    tensor([ 3.5, -3.5])
    >>> fastnn.div(fastnn.tensor([7.0, -7.0]), 2.0, rounding_mode="floor")
    tensor([ 3., -4.])
    """
    a = input._array if isinstance(input, Tensor) else operand(input)
    b = other._array if isinstance(other, Tensor) else operand(other)
    if rounding_mode is None:
        return record(_core.div(a, b), div_backward, (input, other), a, b)
    if rounding_mode == "floor":
        return Tensor(_core.floor_divide(a, b))
    if rounding_mode != "trunc":
        raise ValueError(
            f"div: rounding_mode must be None, 'trunc' or 'floor', got {rounding_mode!r}"
        )
    if result_type(a, b).kind == "f":
        return Tensor(_core.trunc(_core.div(a, b)))
    # Exact for integers of any size, which float32 does not hold: the rest has the dividend's sign.
    return Tensor(_core.floor_divide(_core.sub(a, _core.fmod(a, b)), b))


@read_for((1,), (0, 1))
def div_backward(node: Node, dy: Array) -> Grads:
    a, b = node.saved
    first, second = node.needs
    if not second:
        return (fit(_core.div(dy, b), a), None)
    da, db = _core.div_backward(dy, a, b, first)
    return (fit(da, a), fit(db, b))


def lerp(input: TensorLike, end: TensorLike, weight: TensorLike) -> Tensor:
    """Linear interpolation: ``y = input + weight (end - input)``.

    Parameters
    ----------
    input, end
        Values at weight 0 and at weight 1.
    weight
        A number or tensor; all three broadcast, and have one dtype.

    Returns
    -------
    Tensor
        ``y``, of the shape to which all three broadcast.

    Examples
    --------
    >>> fastnn.lerp(fastnn.tensor([0.0, 10.0]), fastnn.tensor([1.0, 20.0]), 0.5)
    tensor([ 0.5, 15. ])
    """
    a, b, w = operand(input), operand(end), operand(weight)
    tensors = {"input": a, "end": b, "weight": w if np.ndim(w) else None}
    check_same("lerp", **{k: x for k, x in tensors.items() if isinstance(x, np.ndarray)})
    return record(_core.lerp(a, b, w), lerp_backward, (input, end, weight), a, b, w)


@read_for((2,), (2,), (0, 1))
def lerp_backward(node: Node, dy: Array) -> Grads:
    a, b, w = node.saved
    first, second, third = node.needs
    da, db = _core.lerp_backward(dy, w, first, second)
    dw = _core.mul(dy, _core.sub(b, a)) if third else None
    return (fit(da, a), fit(db, b), fit(dw, w))


def of_sum(name: str, kernel: Callable[..., Any]) -> Callable[[Node, Array], Grads]:
    """The backward of a sum with the product or quotient that `kernel` differentiates."""

    def backward(node: Node, dy: Array) -> Grads:
        a, b, c, value = node.saved
        first, second, third = node.needs
        db, dc = kernel(_core.mul(dy, value), b, c, second, third)
        return (fit(dy, a) if first else None, fit(db, b), fit(dc, c))

    backward.__name__ = name
    return backward


def addcmul(
    input: TensorLike, tensor1: TensorLike, tensor2: TensorLike, *, value: float = 1
) -> Tensor:
    """Sum with a product: ``y = input + value tensor1 tensor2``.

    Parameters
    ----------
    input, tensor1, tensor2
        Tensors whose shapes broadcast.
    value
        Factor of the product.

    Returns
    -------
    Tensor
        ``y``, of the shape to which the three tensors broadcast.

    Examples
    --------
    >>> x = fastnn.tensor([1.0, 2.0])
    >>> fastnn.addcmul(x, x, x, value=0.5)
    tensor([1.5, 4. ])
    """
    a, b, c = operand(input), operand(tensor1), operand(tensor2)
    dtype = result_type(a, b, c)
    if kind(dtype) == "f":
        y = _core.addcmul(a, b, c, value)
    else:
        check_factor("addcmul", "value", value)
        y = _core.add(a, _core.mul(_core.mul(b, c), value)).astype(dtype, copy=False)
    return record(y, addcmul_backward, (input, tensor1, tensor2), like(a), b, c, value)


addcmul_backward = read_for((), (2,), (1,))(of_sum("addcmul_backward", _core.mul_backward))


def addcdiv(
    input: TensorLike, tensor1: TensorLike, tensor2: TensorLike, *, value: float = 1
) -> Tensor:
    """Sum with a quotient: ``y = input + value tensor1 / tensor2``.

    Arguments and result are those of `addcmul`; `value` is the factor of the quotient.

    Examples
    --------
    >>> x = fastnn.tensor([1.0, 2.0])
    >>> fastnn.addcdiv(x, x, 4.0 * x)
    tensor([1.25, 2.25])
    """
    a, b, c = operand(input), operand(tensor1), operand(tensor2)
    y = _core.addcdiv(a, b, c, value)
    return record(y, addcdiv_backward, (input, tensor1, tensor2), like(a), b, c, value)


addcdiv_backward = read_for((), (2,), (1, 2))(of_sum("addcdiv_backward", _core.div_backward))


subtract = sub
multiply = mul
divide = true_divide = div
