"""Truth values and counts over dimensions of a tensor, and running sums. NumPy does the work."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd.function import Array, Grads, Node, array, record
from ..tensor import Tensor, TensorLike
from .cast import to
from .reduce import Dims, axes_of

__all__ = ["all", "any", "count_nonzero", "cumprod", "cumsum"]


def any(input: TensorLike, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """Whether at least one element is not zero.

    Examples
    --------
    >>> import fastnn
    >>> fastnn.any(fastnn.tensor([[0.0, 1.0], [0.0, 0.0]]), 1).tolist()
    [True, False]
    """
    return Tensor(np.asarray(np.any(array(input), axes_of(dim), keepdims=keepdim)))


def all(input: TensorLike, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """Whether no element is zero.

    Examples
    --------
    >>> import fastnn
    >>> fastnn.all(fastnn.tensor([[1.0, 1.0], [0.0, 1.0]]), 1).tolist()
    [True, False]
    """
    return Tensor(np.asarray(np.all(array(input), axes_of(dim), keepdims=keepdim)))


def count_nonzero(input: TensorLike, dim: Dims = None) -> Tensor:
    """How many elements are not zero.

    Examples
    --------
    >>> import fastnn
    >>> fastnn.count_nonzero(fastnn.tensor([[1.0, 0.0], [0.0, 0.0]]), 1).tolist()
    [1, 0]
    """
    return Tensor(np.asarray(np.count_nonzero(array(input), axes_of(dim)), np.int64))


def wide(x: Array) -> np.dtype[Any]:
    """The type that sums of `x` are kept in while they run."""
    return np.dtype(np.float64 if x.dtype.kind == "f" else np.int64)


def narrow(y: Array, x: Array) -> Array:
    """Back to the type of `x`, which for integers is int64."""
    return y.astype(x.dtype, copy=False) if x.dtype.kind == "f" else y


def cumsum(input: TensorLike, dim: int, *, dtype: Any = None) -> Tensor:
    r"""Running sum along a dimension, :math:`y_i = \sum_{j \le i} x_j`.

    Parameters
    ----------
    input
        Tensor of any shape. Integers and truth values add up to int64.
    dim
        The dimension.
    dtype
        Element type to cast to before summing.

    Examples
    --------
    >>> import fastnn
    >>> fastnn.cumsum(fastnn.tensor([1.0, 2.0, 3.0]), 0).tolist()
    [1.0, 3.0, 6.0]
    """
    if dtype is not None:
        input = to(input, dtype)
    x = array(input)
    if x.ndim == 0:
        return record(x.copy(), cumsum_backward, (input,), None)
    y = narrow(np.cumsum(x, dim, dtype=wide(x)), x)
    return record(y, cumsum_backward, (input,), dim)


def cumsum_backward(node: Node, dy: Array) -> Grads:
    (dim,) = node.saved
    return (dy if dim is None else running_from_end(dy, dim).astype(dy.dtype, copy=False),)


def running_from_end(x: Array, dim: int) -> Array:
    """Sums of each element and all after it, in float64."""
    y: Array = np.flip(np.cumsum(np.flip(x, dim), dim, dtype=np.float64), dim)
    return y


def cumprod(input: TensorLike, dim: int, *, dtype: Any = None) -> Tensor:
    r"""Running product along a dimension, :math:`y_i = \prod_{j \le i} x_j`.

    Parameters
    ----------
    input, dim, dtype
        As for `cumsum`.

    Examples
    --------
    >>> import fastnn
    >>> fastnn.cumprod(fastnn.tensor([1.0, 2.0, 3.0]), 0).tolist()
    [1.0, 2.0, 6.0]
    """
    if dtype is not None:
        input = to(input, dtype)
    x = array(input)
    if x.ndim == 0:
        return record(x.copy(), cumsum_backward, (input,), None)
    y = np.cumprod(x, dim, dtype=wide(x))
    return record(narrow(y, x), cumprod_backward, (input,), x, y, dim)


def cumprod_backward(node: Node, dy: Array) -> Grads:
    x, y, dim = node.saved
    if (x != 0).all():
        return ((running_from_end(dy * y, dim) / x).astype(dy.dtype, copy=False),)
    # dx_i = sum over j >= i of dy_j times the product of all x_k, k <= j, but x_i.
    xs, dys = np.moveaxis(x, dim, 0), np.moveaxis(dy, dim, 0)
    dx = np.zeros(xs.shape, np.float64)
    for i in range(len(xs)):
        part = np.cumprod(np.concatenate([np.prod(xs[:i], 0)[None], xs[i + 1 :]]), 0)
        dx[i] = (part * dys[i:]).sum(0)
    return (np.moveaxis(dx, 0, dim).astype(dy.dtype, copy=False),)
