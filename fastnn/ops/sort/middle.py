"""The element in the middle, of all or along one dimension."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ... import _core
from ...autograd.record import Array, array, record
from ...tensor import TensorLike
from ..numpy_names import numpy_names
from ..reduce.extreme import amax_backward, check_elements
from ..shape.axes import axis_of
from .positions import chosen
from .types import as_kernel_type, from_kernel_type

__all__ = ["median", "nanmedian"]


@numpy_names
def median(input: TensorLike, dim: int | None = None, keepdim: bool = False) -> Any:
    """The element in the middle of all, or along one dimension with its position.

    Of an even number, the lower of the two in the middle; the first of those that are equal; NaN
    where there is one.

    Parameters
    ----------
    input
        Tensor of any shape and type.
    dim
        None, or the dimension.
    keepdim
        Keep the dimension, with size 1.

    Returns
    -------
    Tensor or (values, indices)
        With `dim` the gradient of a value goes to the element at its index. Without, it is shared
        evenly by all elements equal to the median.

    Raises
    ------
    ValueError
        If there is nothing to reduce.

    Examples
    --------
    >>> fastnn.median(fastnn.tensor([3.0, 1.0, 2.0, 4.0])).item()
    2.0
    """
    return middle("median", _core.median, input, dim, keepdim)


@numpy_names
def nanmedian(input: TensorLike, dim: int | None = None, keepdim: bool = False) -> Any:
    """The `median` of what is not NaN; NaN where there is nothing else.

    Arguments and errors are those of `median`.

    Examples
    --------
    >>> fastnn.nanmedian(fastnn.tensor([3.0, float("nan"), 2.0])).item()
    2.0
    """
    return middle("nanmedian", _core.nanmedian, input, dim, keepdim)


def middle(
    op: str,
    kernel: Callable[[Array, int], tuple[Array, Array]],
    input: TensorLike,
    dim: int | None,
    keepdim: bool,
) -> Any:
    x = array(input)
    check_elements(op, x)
    known = as_kernel_type(op, x)
    if dim is None:
        y = from_kernel_type(kernel(known.reshape(-1), 0)[0].reshape(()), x.dtype)
        return record(y, amax_backward, (input,), x, y, None)
    axis = axis_of(op, dim, x.ndim or 1)
    return chosen(input, x, axis, kernel(known, axis), keepdim)
