"""Variance and standard deviation. Squares are taken after the mean is subtracted."""

from __future__ import annotations

from typing import Any

from ... import _core
from ...autograd.record import Array, Grads, Node, array, record, record_many
from ...tensor import Tensor, TensorLike
from ..backward import from_kernel
from ..numpy_names import numpy_names
from .sums import Dims

__all__ = ["std", "std_mean", "var", "var_mean"]


def parse(op: str, dim: Any, unbiased: bool | None, correction: float | None) -> tuple[Dims, float]:
    """PyTorch's ways to say it: ``(x, dim, unbiased)``, ``(x, unbiased)``, ``correction=``."""
    if isinstance(dim, bool):
        dim, unbiased = None, dim
    if unbiased is None:
        return dim, 1.0 if correction is None else correction
    if correction is not None:
        raise TypeError(f"{op}: give correction or unbiased, not both")
    return dim, float(unbiased)


@numpy_names
def var(
    input: TensorLike,
    dim: Dims = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> Tensor:
    r"""Variance, :math:`y_k = \frac{1}{\max(0, n - c)} \sum_r (x_{k,r} - \bar x_k)^2`.

    Parameters
    ----------
    input
        Tensor of floats, of any shape.
    dim, keepdim
        As for `sum`.
    unbiased
        False for ``correction=0``.
    correction
        :math:`c` in the formula, by default 1.

    Examples
    --------
    >>> x = fastnn.tensor([[1.0, 3.0], [2.0, 6.0]])
    >>> fastnn.var(x, 1).tolist(), fastnn.var(x, 1, correction=0).tolist()
    ([2.0, 8.0], [1.0, 4.0])
    """
    dims, c = parse("var", dim, unbiased, correction)
    x = array(input)
    y, mean = _core.var(x, dims, c, keepdim)
    return record(y, var_backward, (input,), x, y, mean, dims, c)


var_backward = from_kernel(_core.var_backward)


@numpy_names
def std(
    input: TensorLike,
    dim: Dims = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> Tensor:
    """Standard deviation, the square root of `var`.

    Arguments are those of `var`.

    Examples
    --------
    >>> fastnn.std(fastnn.tensor([1.0, 3.0]), correction=0).item()
    1.0
    """
    dims, c = parse("std", dim, unbiased, correction)
    x = array(input)
    y, mean = _core.std(x, dims, c, keepdim)
    return record(y, std_backward, (input,), x, y, mean, dims, c)


std_backward = from_kernel(_core.std_backward)


@numpy_names
def var_mean(
    input: TensorLike,
    dim: Dims = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> tuple[Tensor, ...]:
    """`var` and `mean` in one pass.

    Examples
    --------
    >>> [y.item() for y in fastnn.var_mean(fastnn.tensor([1.0, 3.0]))]
    [2.0, 2.0]
    """
    dims, c = parse("var_mean", dim, unbiased, correction)
    x = array(input)
    ys = _core.var(x, dims, c, keepdim)
    return record_many(ys, moments_backward, (input,), x, *ys, dims, c, _core.var_backward)


@numpy_names
def std_mean(
    input: TensorLike,
    dim: Dims = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> tuple[Tensor, ...]:
    """`std` and `mean` in one pass.

    Examples
    --------
    >>> [y.item() for y in fastnn.std_mean(fastnn.tensor([1.0, 3.0]), correction=0)]
    [1.0, 2.0]
    """
    dims, c = parse("std_mean", dim, unbiased, correction)
    x = array(input)
    ys = _core.std(x, dims, c, keepdim)
    return record_many(ys, moments_backward, (input,), x, *ys, dims, c, _core.std_backward)


def moments_backward(node: Node, dy: Array | None, dmean: Array | None) -> Grads:
    x, y, mean, dims, c, backward = node.saved
    dx = None if dy is None else backward(dy, x, y, mean, dims, c)
    if dmean is not None:
        share = _core.mul(dmean, mean.size / max(x.size, 1))
        even = _core.sum_backward(share, x.shape, dims)
        dx = even if dx is None else _core.add(dx, even)
    return (dx,)
