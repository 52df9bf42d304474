"""The average of each window."""

from __future__ import annotations

from ... import _core
from ...autograd.record import array, record
from ...tensor import Tensor, TensorLike
from ..backward import from_kernel
from .sizes import Sizes, sizes_of, stride_of

__all__ = ["avg_pool1d", "avg_pool2d", "avg_pool3d"]


def avg_pool(
    op: str,
    axes: int,
    input: TensorLike,
    kernel_size: Sizes,
    stride: Sizes | None,
    padding: Sizes,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor_override: int | None,
) -> Tensor:
    x = array(input)
    kernel = sizes_of(op, "kernel_size", kernel_size, axes)
    windows = (
        kernel,
        stride_of(op, stride, kernel),
        sizes_of(op, "padding", padding, axes),
        bool(ceil_mode),
        bool(count_include_pad),
        divisor_override,
    )
    return record(_core.avg_pool(x, *windows), avg_pool_backward, (input,), x.shape, *windows)


avg_pool_backward = from_kernel(_core.avg_pool_backward)


def avg_pool1d(
    input: TensorLike,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Tensor:
    """The average of each window of a line.

    Arguments, result and errors are those of `avg_pool2d` without `divisor_override`, for (N, C, L)
    with or without N.

    Examples
    --------
    >>> fastnn.avg_pool1d(fastnn.tensor([[1.0, 3.0, 2.0, 6.0]]), 2)
    tensor([[2., 4.]])
    """
    return avg_pool(
        "avg_pool1d", 1, input, kernel_size, stride, padding, ceil_mode, count_include_pad, None
    )


def avg_pool2d(
    input: TensorLike,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """The average of each window of an image.

    Parameters
    ----------
    input
        x, (N, C, H, W), or without N for one sample.
    kernel_size
        K, the size of the windows: an int, or one for each axis.
    stride
        Steps between windows, K by default.
    padding
        Zeros before and behind each axis, at most K / 2.
    ceil_mode
        Keep a last window that does not fit, as long as it begins inside.
    count_include_pad
        Whether zeros of the padding count in the number that a sum is divided by.
    divisor_override
        What sums are divided by, instead of the size of the window.

    Returns
    -------
    Tensor
        y, (N, C, H, W), each axis of length ⌊(L + 2 · padding - K) / stride⌋ + 1.

    Raises
    ------
    ValueError
        The kernel is larger than the padded input, the padding more than half the kernel, or a
        number is out of range.

    Examples
    --------
    >>> fastnn.avg_pool2d(fastnn.arange(16.0).reshape(1, 4, 4), 2).tolist()
    [[[2.5, 4.5], [10.5, 12.5]]]
    """
    windows = kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    return avg_pool("avg_pool2d", 2, input, *windows)


def avg_pool3d(
    input: TensorLike,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """The average of each window of a volume.

    Arguments, result and errors are those of `avg_pool2d`, for (N, C, D, H, W) with or without N.

    Examples
    --------
    >>> fastnn.avg_pool3d(fastnn.zeros(2, 3, 8, 8, 8), 2).shape
    (2, 3, 4, 4, 4)
    """
    windows = kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    return avg_pool("avg_pool3d", 3, input, *windows)
