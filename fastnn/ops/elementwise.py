"""Arithmetic with broadcasting, element by element, and Python's operators.

Shapes broadcast as in NumPy. Python numbers take the dtype of the other operand; float32 with
float64 gives float64, integers with floats give the float type. The gradient of an operand that was
broadcast is summed back to its shape. Functions of one tensor stand in `elementwise_unary`,
comparisons in `elementwise_compare`, changes in place in `elementwise_inplace`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import _core
from .._core import alike
from ..autograd.changes import read_for
from ..autograd.function import Array, Grads, Node, array, record, unbroadcast
from ..tensor import Tensor, TensorLike

__all__ = [
    "add",
    "addcdiv",
    "addcmul",
    "atan2",
    "clamp",
    "clip",
    "div",
    "divide",
    "floor_divide",
    "fmod",
    "lerp",
    "maximum",
    "minimum",
    "mul",
    "multiply",
    "pow",
    "remainder",
    "sub",
    "subtract",
    "true_divide",
    "where",
]


def operand(value: Any) -> Any:
    """What a kernel takes: the array of a tensor or list, arrays and numbers as they are."""
    if isinstance(value, Tensor):
        return value.data
    return array(value) if isinstance(value, (list, tuple)) else value


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
    >>> import fastnn
    >>> fastnn.add(fastnn.tensor([1.0, 2.0]), fastnn.tensor([[10.0], [20.0]]))
    tensor([[11., 12.],
            [21., 22.]])
    """
    a = input.data if isinstance(input, Tensor) else operand(input)
    b = other.data if isinstance(other, Tensor) else operand(other)
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


def add_scaled(a: Any, b: Any, alpha: float) -> Array:
    """``a + alpha b`` on arrays: in one pass for floats."""
    if np.result_type(a, b, alpha).kind == "f":
        return _core.add_scaled(a, b, alpha)
    return np.asarray(np.add(a, np.multiply(b, alpha)))


def add_scaled_backward(node: Node, dy: Array) -> Grads:
    a, b, alpha = node.saved
    first, second = node.needs
    return (fit(dy, a) if first else None, fit(_core.mul(dy, alpha), b) if second else None)


def sub(input: TensorLike, other: TensorLike, *, alpha: float = 1) -> Tensor:
    """Difference: ``y = input - alpha other``.

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
    >>> import fastnn
    >>> 1.0 - fastnn.tensor([1.0, 2.0])
    tensor([ 0., -1.])
    """
    a = input.data if isinstance(input, Tensor) else operand(input)
    b = other.data if isinstance(other, Tensor) else operand(other)
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


def mul(input: TensorLike, other: TensorLike) -> Tensor:
    """Product: ``y = input other``.

    Parameters
    ----------
    input, other
        Tensors whose shapes broadcast, or one of them a number.

    Returns
    -------
    Tensor
        ``y``, of the common shape.

    Examples
    --------
    >>> import fastnn
    >>> x = fastnn.tensor([1.0, 2.0], requires_grad=True)
    >>> (x * x).backward(fastnn.ones(2))
    >>> x.grad
    tensor([2., 4.])
    """
    a = input.data if isinstance(input, Tensor) else operand(input)
    b = other.data if isinstance(other, Tensor) else operand(other)
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
        Tensors whose shapes broadcast, or one of them a number. Integers are divided as float32.
    rounding_mode
        None for true division, ``"trunc"`` to round towards zero, ``"floor"`` to round down (as
        ``//`` in Python). Rounded quotients have no gradient.

    Returns
    -------
    Tensor
        ``y``, of the common shape.

    Examples
    --------
    >>> import fastnn
    >>> fastnn.div(fastnn.tensor([7.0, -7.0]), 2.0)
    tensor([ 3.5, -3.5])
    >>> fastnn.div(fastnn.tensor([7.0, -7.0]), 2.0, rounding_mode="floor")
    tensor([ 3., -4.])
    """
    a = input.data if isinstance(input, Tensor) else operand(input)
    b = other.data if isinstance(other, Tensor) else operand(other)
    if rounding_mode is None:
        return record(_core.div(a, b), div_backward, (input, other), a, b)
    if rounding_mode == "floor":
        return Tensor(_core.floor_divide(a, b))
    if rounding_mode != "trunc":
        raise ValueError(
            f"div: rounding_mode must be None, 'trunc' or 'floor', got {rounding_mode!r}"
        )
    dtype = np.result_type(a, b)
    y = _core.trunc(_core.div(a, b))
    return Tensor(y if dtype.kind == "f" else y.astype(dtype))


@read_for((1,), (0, 1))
def div_backward(node: Node, dy: Array) -> Grads:
    a, b = node.saved
    first, second = node.needs
    if not second:
        return (fit(_core.div(dy, b), a), None)
    da, db = _core.div_backward(dy, a, b, first)
    return (fit(da, a), fit(db, b))


def pow(input: TensorLike, exponent: TensorLike) -> Tensor:
    """Power: ``y = input ^ exponent``.

    Parameters
    ----------
    input, exponent
        Tensors whose shapes broadcast, or one of them a number. A negative number to a power that
        is not whole is NaN. The exponents 2, 3, 0.5, -0.5 and -1 have kernels of their own.

    Returns
    -------
    Tensor
        ``y``, of the common shape.

    Examples
    --------
    >>> import fastnn
    >>> fastnn.tensor([1.0, 2.0, 3.0]) ** 2
    tensor([1., 4., 9.])
    >>> fastnn.pow(2.0, fastnn.tensor([3.0, -1.0]))
    tensor([8. , 0.5])
    """
    x = input.data if isinstance(input, Tensor) else operand(input)
    if isinstance(exponent, (float, int)):
        if isinstance(x, np.ndarray) and x.dtype.kind == "f":
            kernel = POWERS.get(exponent)
            y = _core.pow(x, exponent) if kernel is None else kernel(x)
        else:
            y = _core.pow(x, exponent)
        return record(y, pow_scalar_backward, (input,), x, exponent)
    e = operand(exponent)
    return record(_core.pow(x, e), pow_backward, (input, exponent), x, e)


POWERS = {
    2: _core.square,
    3: _core.cube,
    0.5: _core.sqrt,
    -0.5: _core.rsqrt,
    -1: _core.reciprocal,
}


def pow_scalar_backward(node: Node, dy: Array) -> Grads:
    x, exponent = node.saved
    if exponent == 2:
        return (_core.square_backward(dy, x),)
    if exponent == 3:
        return (_core.cube_backward(dy, x),)
    return (_core.pow_scalar_backward(dy, x, exponent),)


def pow_backward(node: Node, dy: Array) -> Grads:
    x, e = node.saved
    first, second = node.needs
    dx, de = _core.pow_backward(dy, x, e, first, second)
    return (fit(dx, x), fit(de, e))


def maximum(input: TensorLike, other: TensorLike) -> Tensor:
    """Larger of two elements, NaN if either is.

    Parameters
    ----------
    input, other
        Tensors whose shapes broadcast, or one of them a number.

    Returns
    -------
    Tensor
        Of the common shape. Where both are equal, each gets half of the gradient.

    Examples
    --------
    >>> import fastnn
    >>> fastnn.maximum(fastnn.tensor([1.0, 5.0]), fastnn.tensor([3.0, 2.0]))
    tensor([3., 5.])
    """
    a, b = operand(input), operand(other)
    return record(_core.maximum(a, b), maximum_backward, (input, other), a, b)


def maximum_backward(node: Node, dy: Array) -> Grads:
    a, b = node.saved
    da, db = _core.maximum_backward(dy, a, b, *node.needs)
    return (fit(da, a), fit(db, b))


def minimum(input: TensorLike, other: TensorLike) -> Tensor:
    """Smaller of two elements, NaN if either is.

    Parameters
    ----------
    input, other
        Tensors whose shapes broadcast, or one of them a number.

    Returns
    -------
    Tensor
        Of the common shape. Where both are equal, each gets half of the gradient.

    Examples
    --------
    >>> import fastnn
    >>> fastnn.minimum(fastnn.tensor([1.0, 5.0]), fastnn.tensor([3.0, 2.0]))
    tensor([1., 2.])
    """
    a, b = operand(input), operand(other)
    return record(_core.minimum(a, b), minimum_backward, (input, other), a, b)


def minimum_backward(node: Node, dy: Array) -> Grads:
    a, b = node.saved
    da, db = _core.minimum_backward(dy, a, b, *node.needs)
    return (fit(da, a), fit(db, b))


def atan2(input: TensorLike, other: TensorLike) -> Tensor:
    """Angle of the point (other, input), in radians from -pi to pi.

    Parameters
    ----------
    input, other
        The coordinates y and x: tensors whose shapes broadcast, or one of them a number.

    Returns
    -------
    Tensor
        Of the common shape.

    Examples
    --------
    >>> import fastnn
    >>> fastnn.atan2(fastnn.tensor([1.0, -1.0]), fastnn.tensor([1.0, 1.0]))
    tensor([ 0.7854, -0.7854])
    """
    a, b = operand(input), operand(other)
    return record(_core.atan2(a, b), atan2_backward, (input, other), a, b)


def atan2_backward(node: Node, dy: Array) -> Grads:
    a, b = node.saved
    da, db = _core.atan2_backward(dy, a, b, *node.needs)
    return (fit(da, a), fit(db, b))


def remainder(input: TensorLike, other: TensorLike) -> Tensor:
    """Remainder with the sign of the divisor, as ``%`` in Python.

    ``y = input - other floor(input / other)``

    Parameters
    ----------
    input, other
        Tensors whose shapes broadcast, or one of them a number.

    Returns
    -------
    Tensor
        Of the common shape.

    Examples
    --------
    >>> import fastnn
    >>> fastnn.remainder(fastnn.tensor([5.0, -5.0]), 3.0)
    tensor([2., 1.])
    """
    a, b = operand(input), operand(other)
    return record(_core.remainder(a, b), remainder_backward, (input, other), a, b)


def remainder_backward(node: Node, dy: Array) -> Grads:
    a, b = node.saved
    first, second = node.needs
    db = _core.neg(_core.mul(dy, _core.floor_divide(a, b))) if second else None
    return (fit(dy, a) if first else None, fit(db, b))


def fmod(input: TensorLike, other: TensorLike) -> Tensor:
    """Remainder with the sign of the dividend, as ``%`` in C.

    ``y = input - other trunc(input / other)``

    Parameters
    ----------
    input, other
        Tensors whose shapes broadcast, or one of them a number.

    Returns
    -------
    Tensor
        Of the common shape.

    Examples
    --------
    >>> import fastnn
    >>> fastnn.fmod(fastnn.tensor([5.0, -5.0]), 3.0)
    tensor([ 2., -2.])
    """
    a, b = operand(input), operand(other)
    return record(_core.fmod(a, b), fmod_backward, (input, other), a, b)


def fmod_backward(node: Node, dy: Array) -> Grads:
    a, b = node.saved
    first, second = node.needs
    db = _core.neg(_core.mul(dy, _core.trunc(_core.div(a, b)))) if second else None
    return (fit(dy, a) if first else None, fit(db, b))


def floor_divide(input: TensorLike, other: TensorLike) -> Tensor:
    """Quotient rounded down, as ``//`` in Python; it has no gradient.

    Parameters
    ----------
    input, other
        Tensors whose shapes broadcast, or one of them a number.

    Returns
    -------
    Tensor
        ``floor(input / other)``, of the common shape.

    Examples
    --------
    >>> import fastnn
    >>> fastnn.tensor([5.0, -5.0]) // 3.0
    tensor([ 1., -2.])
    """
    return Tensor(_core.floor_divide(operand(input), operand(other)))


def where(condition: TensorLike, input: TensorLike, other: TensorLike) -> Tensor:
    """Elements of `input` where the condition is true, of `other` where it is false.

    Parameters
    ----------
    condition
        Boolean.
    input, other
        Tensors or numbers; all three broadcast.

    Returns
    -------
    Tensor
        Of the common shape.

    Examples
    --------
    >>> import fastnn
    >>> x = fastnn.tensor([-1.0, 2.0])
    >>> fastnn.where(x > 0, x, 0.0)
    tensor([0., 2.])
    """
    c, a, b = operand(condition), operand(input), operand(other)
    return record(_core.where(c, a, b), where_backward, (input, other), c, like(a), like(b))


def where_backward(node: Node, dy: Array) -> Grads:
    c, a, b = node.saved
    da, db = _core.where_backward(dy, c, *node.needs)
    return (fit(da, a), fit(db, b))


def where_method(input: Tensor, condition: TensorLike, other: TensorLike) -> Tensor:
    """Its elements where the condition is true, those of `other` where it is false."""
    return where(condition, input, other)


def clamp(
    input: TensorLike, min: TensorLike | None = None, max: TensorLike | None = None
) -> Tensor:
    """Every element brought into a range: ``y = minimum(maximum(input, min), max)``.

    Parameters
    ----------
    input
        Of any shape.
    min, max
        The bounds, numbers or tensors that broadcast with `input`; at most one of them None. Where
        ``min > max``, the result is `max`.

    Returns
    -------
    Tensor
        ``y``, of the common shape. Gradients flow where nothing was cut off, bounds included.

    Examples
    --------
    >>> import fastnn
    >>> fastnn.clamp(fastnn.tensor([-2.0, 0.5, 3.0]), 0.0, 1.0)
    tensor([0. , 0.5, 1. ])
    """
    x = operand(input)
    if min is None and max is None:
        raise ValueError("clamp: at least one of min and max must be given, got None for both")
    low = -np.inf if min is None else operand(min)
    high = np.inf if max is None else operand(max)
    if min is None:
        y = _core.minimum(x, high)
    elif max is None:
        y = _core.maximum(x, low)
    else:
        y = _core.clamp(x, low, high)
    return record(y, clamp_backward, (input, min, max), x, low, high)


def clamp_backward(node: Node, dy: Array) -> Grads:
    x, low, high = node.saved
    first, *bounds = node.needs
    dx = _core.clamp_backward(dy, x, low, high) if first else None
    if not any(bounds):
        return (fit(dx, x), None, None)
    dlow, dhigh = _core.clamp_bounds_backward(dy, x, low, high, *bounds)
    return (fit(dx, x), fit(dlow, low), fit(dhigh, high))


def lerp(input: TensorLike, end: TensorLike, weight: TensorLike) -> Tensor:
    """Linear interpolation: ``y = input + weight (end - input)``.

    Parameters
    ----------
    input, end
        Values at weight 0 and at weight 1.
    weight
        A number or tensor; all three broadcast.

    Returns
    -------
    Tensor
        ``y``, of the common shape.

    Examples
    --------
    >>> import fastnn
    >>> fastnn.lerp(fastnn.tensor([0.0, 10.0]), fastnn.tensor([1.0, 20.0]), 0.5)
    tensor([ 0.5, 15. ])
    """
    a, b, w = operand(input), operand(end), operand(weight)
    return record(_core.lerp(a, b, w), lerp_backward, (input, end, weight), a, b, w)


@read_for((2,), (2,), (0, 1))
def lerp_backward(node: Node, dy: Array) -> Grads:
    a, b, w = node.saved
    first, second, third = node.needs
    da, db = _core.lerp_backward(dy, w, first, second)
    dw = _core.mul(dy, _core.sub(b, a)) if third else None
    return (fit(da, a), fit(db, b), fit(dw, w))


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
        ``y``, of the common shape.

    Examples
    --------
    >>> import fastnn
    >>> x = fastnn.tensor([1.0, 2.0])
    >>> fastnn.addcmul(x, x, x, value=0.5)
    tensor([1.5, 4. ])
    """
    a, b, c = operand(input), operand(tensor1), operand(tensor2)
    y = _core.addcmul(a, b, c, value)
    return record(y, addcmul_backward, (input, tensor1, tensor2), like(a), b, c, value)


@read_for((), (2,), (1,))
def addcmul_backward(node: Node, dy: Array) -> Grads:
    a, b, c, value = node.saved
    first, second, third = node.needs
    scaled = _core.mul(dy, value)
    db, dc = _core.mul_backward(scaled, b, c, second, third)
    return (fit(dy, a) if first else None, fit(db, b), fit(dc, c))


def addcdiv(
    input: TensorLike, tensor1: TensorLike, tensor2: TensorLike, *, value: float = 1
) -> Tensor:
    """Sum with a quotient: ``y = input + value tensor1 / tensor2``.

    Parameters
    ----------
    input, tensor1, tensor2
        Tensors whose shapes broadcast.
    value
        Factor of the quotient.

    Returns
    -------
    Tensor
        ``y``, of the common shape.

    Examples
    --------
    >>> import fastnn
    >>> x = fastnn.tensor([1.0, 2.0])
    >>> fastnn.addcdiv(x, x, 4.0 * x)
    tensor([1.25, 2.25])
    """
    a, b, c = operand(input), operand(tensor1), operand(tensor2)
    y = _core.addcdiv(a, b, c, value)
    return record(y, addcdiv_backward, (input, tensor1, tensor2), like(a), b, c, value)


@read_for((), (2,), (1, 2))
def addcdiv_backward(node: Node, dy: Array) -> Grads:
    a, b, c, value = node.saved
    first, second, third = node.needs
    scaled = _core.mul(dy, value)
    db, dc = _core.div_backward(scaled, b, c, second, third)
    return (fit(dy, a) if first else None, fit(db, b), fit(dc, c))


subtract = sub
multiply = mul
divide = true_divide = div
clip = clamp
