"""The maximum of each window."""

from __future__ import annotations

from typing import Any

from ... import _core
from ...autograd.record import array, record
from ...autograd.tape import mode
from ...tensor import Tensor, TensorLike
from ..backward import from_kernel
from .sizes import Sizes, sizes_of, stride_of

__all__ = ["max_pool1d", "max_pool2d", "max_pool3d"]


def max_pool(
    op: str,
    axes: int,
    input: TensorLike,
    kernel_size: Sizes,
    stride: Sizes | None,
    padding: Sizes,
    dilation: Sizes,
    ceil_mode: bool,
    return_indices: bool,
) -> Any:
    x = array(input)
    kernel = sizes_of(op, "kernel_size", kernel_size, axes)
    windows = (
        kernel,
        stride_of(op, stride, kernel),
        sizes_of(op, "padding", padding, axes),
        sizes_of(op, "dilation", dilation, axes),
        bool(ceil_mode),
    )
    traced = mode.enabled and isinstance(input, Tensor) and input.requires_grad
    y, places = _core.max_pool(x, *windows, return_indices or traced)
    out = record(y, max_pool_backward, (input,), places, x.shape, *windows)
    if not return_indices:
        return out
    return out, Tensor(_core.max_pool_indices(places, x.shape, *windows))


max_pool_backward = from_kernel(_core.max_pool_backward)


def max_pool1d(
    input: TensorLike,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The maximum of each window of a line; NaN where one is in the window.

    Arguments, result and errors are those of `max_pool2d`, for (N, C, L) with or without N.

    Examples
    --------
    >>> fastnn.max_pool1d(fastnn.tensor([[1.0, 3.0, 2.0, 5.0, 4.0]]), 3, 2)
    tensor([[3., 5.]])
    """
    return max_pool(
        "max_pool1d", 1, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices
    )


def max_pool2d(
    input: TensorLike,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The maximum of each window of an image; NaN where one is in the window.

    Parameters
    ----------
    input, kernel_size, stride, ceil_mode
        As for `avg_pool2d`, and so are the errors.
    padding
        How far windows reach out before and behind each axis, at most K / 2.
    dilation
        Steps between the elements of a window.
    return_indices
        Return also where the maxima were found, as indices into the flattened axes.

    Returns
    -------
    Tensor
        y, (N, C, H, W), each axis of length ⌊(L + 2 · padding - dilation · (K - 1) - 1) / stride⌋ +
        1. With `return_indices` a tuple of y and int64 indices of the same shape.

    Examples
    --------
    >>> x = fastnn.arange(16.0).reshape(1, 4, 4)
    >>> y, indices = fastnn.max_pool2d(x, 2, return_indices=True)
    >>> y.tolist(), indices.tolist()
    ([[[5.0, 7.0], [13.0, 15.0]]], [[[5, 7], [13, 15]]])
    """
    return max_pool(
        "max_pool2d", 2, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices
    )


def max_pool3d(
    input: TensorLike,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The maximum of each window of a volume; NaN where one is in the window.

    Arguments, result and errors are those of `max_pool2d`, for (N, C, D, H, W) with or without N.

    Examples
    --------
    >>> fastnn.max_pool3d(fastnn.zeros(2, 3, 8, 8, 8), 2).shape
    (2, 3, 4, 4, 4)
    """
    return max_pool(
        "max_pool3d", 3, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices
    )
