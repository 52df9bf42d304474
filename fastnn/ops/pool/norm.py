"""The p-norm of each window."""

from __future__ import annotations

from math import prod

from ...tensor import Tensor, TensorLike
from ..activation.piecewise import relu
from ..elementwise import abs, mul, pow, sign
from .average import avg_pool
from .sizes import Sizes, sizes_of

__all__ = ["lp_pool1d", "lp_pool2d", "lp_pool3d"]


def lp_pool(
    op: str,
    axes: int,
    input: TensorLike,
    norm_type: float,
    kernel_size: Sizes,
    stride: Sizes | None,
    ceil_mode: bool,
) -> Tensor:
    if norm_type == 0:
        raise ValueError(f"{op}: norm_type must not be 0")
    kernel = sizes_of(op, "kernel_size", kernel_size, axes)
    powers = avg_pool(op, axes, pow(input, norm_type), kernel, stride, 0, ceil_mode, True, None)
    # In PyTorch too: what is negative (of odd powers) becomes 0, but -0.
    positive = mul(sign(powers), relu(abs(powers)))
    return pow(mul(positive, prod(kernel)), 1.0 / norm_type)


def lp_pool1d(
    input: TensorLike,
    norm_type: float,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    ceil_mode: bool = False,
) -> Tensor:
    """The p-norm of each window of a line: y = (sum of x^p)^(1/p).

    Arguments, result and errors are those of `lp_pool2d`, for (N, C, L) with or without N.

    Examples
    --------
    >>> fastnn.lp_pool1d(fastnn.tensor([[3.0, 4.0, 6.0, 8.0]]), 2, 2)
    tensor([[ 5., 10.]])
    """
    return lp_pool("lp_pool1d", 1, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool2d(
    input: TensorLike,
    norm_type: float,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    ceil_mode: bool = False,
) -> Tensor:
    """The p-norm of each window of an image: y = (sum of x^p)^(1/p).

    Parameters
    ----------
    norm_type
        p, not 0. With 1 the sum of each window, with large numbers nearly its maximum.
    input, kernel_size, stride, ceil_mode
        As for `avg_pool2d`, and so are the errors.

    Returns
    -------
    Tensor
        y, (N, C, H, W), each axis of length ⌊(L - K) / stride⌋ + 1.

    Examples
    --------
    >>> fastnn.lp_pool2d(fastnn.ones(1, 4, 4), 2, 2).tolist()
    [[[2.0, 2.0], [2.0, 2.0]]]
    """
    return lp_pool("lp_pool2d", 2, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool3d(
    input: TensorLike,
    norm_type: float,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    ceil_mode: bool = False,
) -> Tensor:
    """The p-norm of each window of a volume: y = (sum of x^p)^(1/p).

    Arguments, result and errors are those of `lp_pool2d`, for (N, C, D, H, W) with or without N.

    Examples
    --------
    >>> fastnn.lp_pool3d(fastnn.ones(2, 3, 8, 8, 8), 2, 2).shape
    (2, 3, 4, 4, 4)
    """
    return lp_pool("lp_pool3d", 3, input, norm_type, kernel_size, stride, ceil_mode)
