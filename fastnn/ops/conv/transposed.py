"""Transposed convolutions over one to three axes."""

from __future__ import annotations

from ... import _core
from ...tensor import Tensor, TensorLike
from ..activation.fused import Fused
from .convolution import Ints, Kernel, convolve

__all__ = ["conv_transpose1d", "conv_transpose2d", "conv_transpose3d"]


CONV_TRANSPOSE = Kernel(
    "conv_transpose",
    "in_channels, out_channels / groups",
    _core.conv_transpose,
    _core.conv_transpose_backward,
)


def conv_transpose1d(
    input: TensorLike,
    weight: TensorLike,
    bias: TensorLike | None = None,
    stride: Ints = 1,
    padding: Ints = 0,
    output_padding: Ints = 0,
    groups: int = 1,
    dilation: Ints = 1,
    *,
    activation: Fused = None,
    residual: TensorLike | None = None,
) -> Tensor:
    """The gradient of `conv1d` by its input, as an operation: from few steps to many.

    Each element x[n, c, j] adds w[c, o, k] · x[n, c, j] to y[n, o, j · stride + k], where k counts
    dilated steps.

    Arguments, result and errors are those of `conv_transpose2d`, for (N, C, L) with or without N.

    Examples
    --------
    >>> x, w = fastnn.tensor([[[1.0, 2.0]]]), fastnn.tensor([[[1.0, 10.0]]])
    >>> F.conv_transpose1d(x, w, stride=2).tolist()
    [[[1.0, 10.0, 2.0, 20.0]]]
    """
    options = (stride, padding, output_padding, groups, dilation)
    return convolve(CONV_TRANSPOSE, 3, input, weight, bias, options, activation, residual)


def conv_transpose2d(
    input: TensorLike,
    weight: TensorLike,
    bias: TensorLike | None = None,
    stride: Ints = 1,
    padding: Ints = 0,
    output_padding: Ints = 0,
    groups: int = 1,
    dilation: Ints = 1,
    *,
    activation: Fused = None,
    residual: TensorLike | None = None,
) -> Tensor:
    """The gradient of `conv2d` by its input, as an operation: from small images to large ones.

    Each element x[n, c, j] adds w[c, o, k] · x[n, c, j] to y[n, o, j · stride + k], where k counts
    dilated steps.

    Parameters
    ----------
    input, bias, groups, dilation, activation, residual
        As for `conv2d`.
    weight
        w, (C, O / groups, K, K).
    stride
        Steps between the places where elements of the input are put: an int, or one for each axis.
    padding
        Elements cut off on both sides of the output.
    output_padding
        Elements added behind each axis of the output, where several sizes of a convolution's input
        give the same output. Smaller than the stride or the dilation.

    Returns
    -------
    Tensor
        y, (N, O, H', W'), in channels-last memory. Each axis has the length
        (L - 1) · stride - 2 · padding + dilation · (K - 1) + output_padding + 1.

    Raises
    ------
    ValueError
        Where shapes do not fit, nothing is left of the output, a number is out of range or the
        activation is unknown.
    TypeError
        As for `conv2d`.

    Examples
    --------
    >>> x, w = fastnn.randn(2, 5, 4, 4), fastnn.randn(5, 3, 3, 3)
    >>> F.conv_transpose2d(x, w, stride=2, padding=1, output_padding=1).shape
    (2, 3, 8, 8)
    """
    options = (stride, padding, output_padding, groups, dilation)
    return convolve(CONV_TRANSPOSE, 4, input, weight, bias, options, activation, residual)


def conv_transpose3d(
    input: TensorLike,
    weight: TensorLike,
    bias: TensorLike | None = None,
    stride: Ints = 1,
    padding: Ints = 0,
    output_padding: Ints = 0,
    groups: int = 1,
    dilation: Ints = 1,
    *,
    activation: Fused = None,
    residual: TensorLike | None = None,
) -> Tensor:
    """The gradient of `conv3d` by its input, as an operation: from small volumes to large ones.

    Each element x[n, c, j] adds w[c, o, k] · x[n, c, j] to y[n, o, j · stride + k], where k counts
    dilated steps.

    Arguments, result and errors are those of `conv_transpose2d`, for (N, C, D, H, W) with or
    without N.

    Examples
    --------
    >>> F.conv_transpose3d(fastnn.randn(2, 5, 2, 4, 4), fastnn.randn(5, 3, 2, 2, 2), stride=2).shape
    (2, 3, 4, 8, 8)
    """
    options = (stride, padding, output_padding, groups, dilation)
    return convolve(CONV_TRANSPOSE, 5, input, weight, bias, options, activation, residual)
