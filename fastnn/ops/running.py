"""Running extremes and logarithms of running sums, by the accumulations of NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import _core
from ..autograd.record import Array, Grads, Node, array, record, record_many
from ..dtypes import check_real
from ..tensor import Tensor, TensorLike
from .numpy_names import numpy_names
from .reduce.extreme import Extreme
from .shape import axis_of

__all__ = ["cummax", "cummin", "logcumsumexp"]


@numpy_names
def cummax(input: TensorLike, dim: int) -> Extreme:
    """Largest element so far along a dimension, and the place of the last such one.

    Parameters
    ----------
    input
        Of any shape; NaN counts as the largest.
    dim
        The dimension.

    Returns
    -------
    Extreme
        Values and indices, of the shape of the input.

    Examples
    --------
    >>> values, indices = fastnn.cummax(fastnn.tensor([1.0, 3.0, 2.0]), 0)
    >>> values.tolist(), indices.tolist()
    ([1.0, 3.0, 3.0], [0, 1, 1])
    """
    return running("cummax", np.maximum, input, dim)


@numpy_names
def cummin(input: TensorLike, dim: int) -> Extreme:
    """Smallest element so far along a dimension, and the place of the last such one.

    Parameters and results are those of `cummax`; NaN counts as the smallest.

    Examples
    --------
    >>> fastnn.cummin(fastnn.tensor([2.0, 3.0, 1.0]), 0).values.tolist()
    [2.0, 2.0, 1.0]
    """
    return running("cummin", np.minimum, input, dim)


def running(op: str, function: Any, input: TensorLike, dim: int) -> Extreme:
    x = array(input)
    check_real(op, x)
    axis = axis_of(op, dim, x.ndim or 1)
    rows = x if x.ndim else x.reshape(1)
    y = function.accumulate(rows, axis)
    shape = [1] * rows.ndim
    shape[axis] = -1
    place = np.arange(rows.shape[axis]).reshape(shape)
    attained = (rows == y) | (rows != rows)
    indices = np.maximum.accumulate(np.where(attained, place, 0), axis)
    results = (y.reshape(x.shape), indices.reshape(x.shape))
    return Extreme(*record_many(results, running_backward, (input,), rows.shape, axis, indices))


def running_backward(node: Node, dy: Array, _: None) -> Grads:
    shape, axis, indices = node.saved
    return (_core.gather_backward(dy.reshape(shape), shape, axis, indices).reshape(dy.shape),)


@numpy_names
def logcumsumexp(input: TensorLike, dim: int) -> Tensor:
    r"""Logarithm of the running sum of exponentials, :math:`y_i = \\log \\sum_{j \\le i} e^{x_j}`.

    Parameters
    ----------
    input
        Tensor of floats, of any shape.
    dim
        The dimension.

    Examples
    --------
    >>> fastnn.logcumsumexp(fastnn.tensor([0.0, 0.0]), 0)
    tensor([0.    , 0.6931])
    """
    x = array(input)
    if x.dtype not in (np.float32, np.float64):
        raise TypeError(f"logcumsumexp: input must have dtype float32 or float64, got {x.dtype}")
    axis = axis_of("logcumsumexp", dim, x.ndim or 1)
    rows = x if x.ndim else x.reshape(1)
    y = accumulated(rows, axis).reshape(x.shape)
    return record(y, logcumsumexp_backward, (input,), x, y, axis)


def logcumsumexp_backward(node: Node, dy: Array) -> Grads:
    """The sum of ``dy_j e^(x_i - y_j)`` over j from i on, its two signs apart, as logarithms."""
    x, y, axis = node.saved
    if x.ndim == 0:
        return (dy.copy(),)
    with np.errstate(all="ignore"):
        size = np.log(np.abs(dy)) - y
        parts = [
            np.exp(
                x + np.flip(accumulated(np.flip(np.where(chosen, size, -np.inf), axis), axis), axis)
            )
            for chosen in (dy > 0, dy < 0)
        ]
        return (parts[0] - parts[1],)


def accumulated(x: Array, axis: int) -> Array:
    """In float64, in which roundings of a long sum do not show."""
    with np.errstate(all="ignore"):
        y: Array = np.logaddexp.accumulate(x.astype(np.float64), axis)
    return y.astype(x.dtype)
