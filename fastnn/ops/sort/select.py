"""Elements of some rank: the largest or smallest ones, the k-th, and the most frequent one."""

from __future__ import annotations

from typing import Any

from ... import _core
from ...autograd.record import array
from ...tensor import TensorLike
from ..numpy_names import numpy_names
from ..shape.axes import axis_of
from .positions import Chosen, chosen
from .types import as_kernel_type

__all__ = ["kthvalue", "mode", "topk"]


def count_of(op: str, k: Any, least: int, dim: int, size: int) -> int:
    """A number of elements along a dimension, or the rank of one."""
    if type(k) is not int and (not hasattr(k, "__index__") or isinstance(k, bool)):
        raise TypeError(f"{op}: k must be an int, got {type(k).__name__}")
    count = int(k.__index__())
    if not least <= count <= size:
        raise ValueError(f"{op}: k must lie in [{least}, {size}], the size of dim {dim}, got {k}")
    return count


@numpy_names
def topk(
    input: TensorLike, k: int, dim: int = -1, largest: bool = True, sorted: bool = True
) -> Chosen:
    """The `k` largest (or smallest) elements along a dimension, and where they were.

    Of equal elements the first are taken; NaN counts as the largest number.

    Parameters
    ----------
    input
        Tensor of any shape and type.
    k
        How many, at most the size of the dimension.
    dim
        The dimension.
    largest
        The largest ones, or else the smallest.
    sorted
        In order, the largest (or smallest) first; or else in any order.

    Returns
    -------
    (values, indices)
        The dimension has size `k`; the gradient of a value goes to the element it is. A 0-d tensor
        is its own largest element.

    Raises
    ------
    IndexError
        If the dimension does not exist.
    ValueError
        If it has fewer elements.

    Examples
    --------
    >>> fastnn.topk(fastnn.tensor([3.0, 1.0, 2.0]), 2).values.tolist()
    [3.0, 2.0]
    """
    x = array(input)
    axis = axis_of("topk", dim, x.ndim or 1)
    k = count_of("topk", k, 0, dim, x.shape[axis] if x.ndim else 1)
    k = k if x.ndim else 1
    found = _core.topk(as_kernel_type("topk", x), k, axis, largest, sorted)
    return chosen(input, x, axis, found)


@numpy_names
def kthvalue(input: TensorLike, k: int, dim: int = -1, keepdim: bool = False) -> Chosen:
    """The `k`-th smallest element along a dimension, and the first position of one equal to it.

    NaN counts as the largest number.

    Parameters
    ----------
    input
        Tensor of any shape and type.
    k
        The rank, from 1.
    dim
        The dimension.
    keepdim
        Keep the dimension, with size 1.

    Returns
    -------
    (values, indices)
        The gradient of a value goes to the element at its index.

    Raises
    ------
    IndexError
        If the dimension does not exist.
    ValueError
        If it has fewer elements.

    Examples
    --------
    >>> values, indices = fastnn.kthvalue(fastnn.tensor([4.0, 1.0, 3.0, 9.0]), 2)
    >>> values.item(), indices.item()
    (3.0, 2)
    """
    x = array(input)
    axis = axis_of("kthvalue", dim, x.ndim or 1)
    k = count_of("kthvalue", k, 1, dim, x.shape[axis] if x.ndim else 1)
    return chosen(input, x, axis, _core.kthvalue(as_kernel_type("kthvalue", x), k, axis), keepdim)


@numpy_names
def mode(input: TensorLike, dim: int = -1, keepdim: bool = False) -> Chosen:
    """The most frequent element along a dimension, and the position of its last occurrence.

    Of several that are as frequent, the smallest.

    Parameters
    ----------
    input
        Tensor of any shape and type.
    dim
        The dimension.
    keepdim
        Keep the dimension, with size 1.

    Returns
    -------
    (values, indices)
        The gradient of a value goes to the element at its index.

    Raises
    ------
    IndexError
        If the dimension does not exist.
    ValueError
        If it has no elements.

    Examples
    --------
    >>> values, indices = fastnn.mode(fastnn.tensor([1, 2, 2, 1, 3]))
    >>> values.item(), indices.item()
    (1, 3)
    """
    x = array(input)
    axis = axis_of("mode", dim, x.ndim or 1)
    return chosen(input, x, axis, _core.mode(as_kernel_type("mode", x), axis), keepdim)
