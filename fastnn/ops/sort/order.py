"""Sorting. Equal elements keep their order; NaN counts as the largest number."""

from __future__ import annotations

from ... import _core
from ...autograd.record import array
from ...tensor import Tensor, TensorLike
from ..numpy_names import numpy_names
from ..shape.axes import axis_of
from .positions import Chosen, chosen
from .types import as_kernel_type

__all__ = ["argsort", "msort", "sort"]


@numpy_names
def sort(input: TensorLike, dim: int = -1, descending: bool = False, stable: bool = True) -> Chosen:
    """Elements in order along a dimension, and where they came from.

    Parameters
    ----------
    input
        Tensor of any shape and type.
    dim
        The dimension.
    descending
        The largest first, and NaN before these.
    stable
        Without effect: equal elements always keep their order.

    Returns
    -------
    (values, indices)
        Both of the shape of `input`; the gradient of a value goes to the element it is.

    Raises
    ------
    IndexError
        If the dimension does not exist.

    Examples
    --------
    >>> values, indices = fastnn.sort(fastnn.tensor([3, 1, 2]))
    >>> values.tolist(), indices.tolist()
    ([1, 2, 3], [1, 2, 0])
    """
    x = array(input)
    axis = axis_of("sort", dim, x.ndim or 1)
    found = _core.sort(as_kernel_type("sort", x), axis, descending)
    return chosen(input, x, axis, found)


@numpy_names
def argsort(
    input: TensorLike, dim: int = -1, descending: bool = False, stable: bool = True
) -> Tensor:
    """Positions of the elements in order along a dimension.

    Arguments and errors are those of `sort`.

    Examples
    --------
    >>> fastnn.argsort(fastnn.tensor([3, 1, 2]), descending=True).tolist()
    [0, 2, 1]
    """
    x = array(input)
    axis = axis_of("argsort", dim, x.ndim or 1)
    return Tensor(_core.argsort(as_kernel_type("argsort", x), axis, descending))


def msort(input: TensorLike) -> Tensor:
    """Elements in order along the first dimension.

    Examples
    --------
    >>> fastnn.msort(fastnn.tensor([[3, 1], [2, 4]])).tolist()
    [[2, 1], [3, 4]]
    """
    return sort(input, 0).values
