"""Sums and what is made of them, over any dimensions of a tensor.

`dim` is an int, several of them, or None (also ``()``) for all. With `keepdim` the reduced
dimensions stay, of size 1. NaN among the elements gives NaN. float32 is summed in blocks that are
added up in float64, in an order that depends on the shape alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

from ... import _core
from ...autograd.record import Array, Grads, Node, array, record
from ...dtypes import check_real, float32
from ...tensor import Tensor, TensorLike
from ..backward import from_kernel
from ..cast import to
from ..elementwise.algebraic import abs, reciprocal
from ..numpy_names import numpy_names

__all__ = ["logsumexp", "mean", "norm", "prod", "sum"]

Dims: TypeAlias = "int | Sequence[int] | None"


def axes_of(dim: Dims) -> int | tuple[int, ...] | None:
    """`dim` as NumPy takes it."""
    return dim if dim is None or isinstance(dim, int) else tuple(dim) or None


@numpy_names
def sum(input: TensorLike, dim: Dims = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    r"""Sum of the elements, :math:`y_k = \sum_r x_{k,r}`.

    Parameters
    ----------
    input
        Tensor of any shape. Integers and truth values add up to int64.
    dim
        Dimensions to sum over, by default all.
    keepdim
        Keep them, with size 1.
    dtype
        Element type to cast to before summing.

    Raises
    ------
    IndexError
        If a dimension does not exist.

    Examples
    --------
    >>> x = fastnn.tensor([[1.0, 2.0], [3.0, 4.0]])
    >>> fastnn.sum(x).item(), fastnn.sum(x, 0).tolist()
    (10.0, [4.0, 6.0])
    """
    if dtype is not None:
        input = to(input, dtype)
    x = array(input)
    if x.dtype.kind != "f":
        check_real("sum", x)
        return Tensor(np.asarray(x.sum(axes_of(dim), np.int64, keepdims=keepdim)))
    return record(_core.sum(x, dim, keepdim), sum_backward, (input,), x.shape, dim)


sum_backward = from_kernel(_core.sum_backward)


@numpy_names
def mean(
    input: TensorLike, dim: Dims = None, keepdim: bool = False, *, dtype: Any = None
) -> Tensor:
    r"""Mean of the elements, :math:`y_k = \frac{1}{n} \sum_r x_{k,r}`; NaN of none.

    Parameters
    ----------
    input
        Tensor of floats, of any shape.
    dim, keepdim, dtype
        As for `sum`.

    Raises
    ------
    TypeError
        If `input` holds no floats.

    Examples
    --------
    >>> fastnn.mean(fastnn.tensor([[1.0, 2.0], [3.0, 4.0]]), 1).tolist()
    [1.5, 3.5]
    """
    if dtype is not None:
        input = to(input, dtype)
    x = array(input)
    y = _core.mean(x, dim, keepdim)
    return record(y, mean_backward, (input,), x.shape, dim, y.size / max(x.size, 1))


def mean_backward(node: Node, dy: Array) -> Grads:
    shape, dim, share = node.saved
    return (_core.sum_backward(_core.mul(dy, share), shape, dim),)


@numpy_names
def prod(
    input: TensorLike, dim: Dims = None, keepdim: bool = False, *, dtype: Any = None
) -> Tensor:
    r"""Product of the elements, :math:`y_k = \prod_r x_{k,r}`; 1 of none.

    Parameters
    ----------
    input
        Tensor of any shape. Products of integers are int64.
    dim, keepdim, dtype
        As for `sum`.

    Examples
    --------
    >>> fastnn.prod(fastnn.tensor([[1.0, 2.0], [3.0, 4.0]]), 1).tolist()
    [2.0, 12.0]
    """
    if dtype is not None:
        input = to(input, dtype)
    x = array(input)
    if x.dtype.kind != "f":
        check_real("prod", x)
        return Tensor(np.asarray(x.prod(axes_of(dim), np.int64, keepdims=keepdim)))
    y = _core.prod(x, dim, keepdim)
    return record(y, prod_backward, (input,), x, dim, y)


def prod_backward(node: Node, dy: Array) -> Grads:
    x, dim, y = node.saved
    return (_core.prod_backward(dy, x, y, dim),)


@numpy_names
def logsumexp(input: TensorLike, dim: Dims, keepdim: bool = False) -> Tensor:
    r"""Logarithm of the sum of exponentials, :math:`y_k = \log \sum_r e^{x_{k,r}}`.

    Nothing overflows on the way.

    Arguments are those of `mean` without `dtype`; integers count as float32.

    Examples
    --------
    >>> fastnn.logsumexp(fastnn.tensor([1000.0, 1000.0]), 0).item()
    1000.6931...
    """
    x = array(input)
    if x.dtype.kind in "iub":
        input = to(input, float32)
        x = input._array
    y = _core.logsumexp(x, dim, keepdim)
    return record(y, logsumexp_backward, (input,), x, y, dim)


logsumexp_backward = from_kernel(_core.logsumexp_backward)


def norm(
    input: TensorLike,
    p: float | str | None = "fro",
    dim: Dims = None,
    keepdim: bool = False,
    dtype: Any = None,
) -> Tensor:
    r"""Norm of the elements, :math:`y_k = \left(\sum_r |x_{k,r}|^p\right)^{1/p}`.

    Parameters
    ----------
    input
        Tensor of floats, of any shape.
    p
        The power: 2 (also ``"fro"``), 1, infinity for the largest magnitude and -infinity for the
        smallest, 0 for the number of elements that are not zero, or any other number.
    dim, keepdim, dtype
        As for `sum`.

    Raises
    ------
    ValueError
        If `p` is negative or infinite with nothing to reduce.

    Examples
    --------
    >>> x = fastnn.tensor([[3.0, -4.0], [0.0, 2.0]])
    >>> fastnn.norm(x, dim=1).tolist(), fastnn.norm(x, 1).item()
    ([5.0, 2.0], 9.0)
    """
    if p is None or p == "fro":
        p = 2.0
    elif isinstance(p, str):
        raise ValueError(f"norm: p must be a number or 'fro', got {p!r}; see linalg.matrix_norm")
    if dtype is not None:
        input = to(input, dtype)
    if float(p) < 0:  # 1 / norm of 1 / x, with the power that is positive
        return reciprocal(norm(reciprocal(abs(input)), -p, dim, keepdim))
    x = array(input)
    y = _core.norm(x, p, dim, keepdim)
    return record(y, norm_backward, (input,), x, y, p, dim)


def norm_backward(node: Node, dy: Array) -> Grads:
    x, y, p, dim = node.saved
    return (_core.norm_backward(dy, x, y, p, dim) if p else np.zeros_like(x),)
