"""Running extremes and logarithms of running sums: floats by kernels, integers by NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import _core
from ..autograd.record import Array, Grads, Node, array, record, record_many
from ..dtypes import check_real, no_floats
from ..tensor import Tensor, TensorLike
from .backward import from_kernel
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
    if x.dtype.kind == "f":
        y, indices = getattr(_core, op)(x, axis)
    else:
        y, indices = running_integers(function, x, axis)
    return Extreme(*record_many((y, indices), running_backward, (input,), axis, indices))


def running_integers(function: Any, x: Array, axis: int) -> tuple[Array, Array]:
    rows = x if x.ndim else x.reshape(1)
    y = function.accumulate(rows, axis)
    place = np.arange(rows.shape[axis]).reshape([-1 if i == axis else 1 for i in range(rows.ndim)])
    indices = np.maximum.accumulate(np.where(rows == y, place, 0), axis)
    return y.reshape(x.shape), indices.reshape(x.shape)


def running_backward(node: Node, dy: Array, _: None) -> Grads:
    axis, indices = node.saved
    if dy.ndim == 0:
        return (dy,)
    return (_core.gather_backward(dy, dy.shape, axis, indices),)


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
        raise no_floats("logcumsumexp", "input", x.dtype)
    axis = axis_of("logcumsumexp", dim, x.ndim or 1)
    y = _core.logcumsumexp(x, axis)
    return record(y, logcumsumexp_backward, (input,), x, y, axis)


logcumsumexp_backward = from_kernel(_core.logcumsumexp_backward)
