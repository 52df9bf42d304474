"""Transposed convolutions over one to three axes."""

from __future__ import annotations

from ... import _core
from ...autograd.changes import read_for
from ...autograd.contract import Reuses
from ...autograd.record import Array, Grads, Node, array, record
from ...autograd.tape import mode
from ...tensor import Tensor, TensorLike
from ..activation.fused import Fused
from .convolution import LARGE, Ints, wrong_weight

__all__ = ["conv_transpose1d", "conv_transpose2d", "conv_transpose3d"]


def convolve_transposed(
    input: TensorLike,
    weight: TensorLike,
    bias: TensorLike | None,
    *,
    ndim: int,
    stride: Ints,
    padding: Ints,
    output_padding: Ints,
    groups: int,
    dilation: Ints,
    activation: Fused,
    residual: TensorLike | None,
) -> Tensor:
    """A transposed convolution whose weight must have `ndim` dimensions."""
    x = input._array if isinstance(input, Tensor) else array(input)
    w = weight._array if isinstance(weight, Tensor) else array(weight)
    b = bias._array if isinstance(bias, Tensor) else None if bias is None else array(bias)
    if w.ndim != ndim:
        wrong_weight(f"conv_transpose{ndim - 2}d", ndim, "(in_channels, out_channels / groups", w)
    options = (stride, padding, output_padding, groups, dilation)
    r = None if residual is None else array(residual)
    if not mode.enabled:
        return Tensor(_core.conv_transpose(x, w, b, *options, activation, r))
    y, saved = _core.conv_transpose(x, w, b, *options, activation, r, True)
    inputs = (input, weight, bias) if residual is None else (input, weight, bias, residual)
    return record(y, conv_transpose_backward, inputs, x, w, saved, options, activation)


@read_for((1,), (0,))
@Reuses
def conv_transpose_backward(node: Node, dy: Array, reuse_dy: bool, _: bool) -> Grads:
    x, w, saved, (stride, padding, extra, groups, dilation), activation = node.saved
    overwrite = reuse_dy and activation is not None and dy.nbytes >= LARGE
    return _core.conv_transpose_backward(
        dy,
        x,
        w,
        saved,
        stride,
        padding,
        extra,
        groups,
        dilation,
        node.needs,
        activation,
        overwrite,
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
    >>> import fastnn
    >>> import fastnn.nn.functional as F
    >>> x, w = fastnn.tensor([[[1.0, 2.0]]]), fastnn.tensor([[[1.0, 10.0]]])
    >>> F.conv_transpose1d(x, w, stride=2).tolist()
    [[[1.0, 10.0, 2.0, 20.0]]]
    """
    return convolve_transposed(
        input,
        weight,
        bias,
        ndim=3,
        stride=stride,
        padding=padding,
        output_padding=output_padding,
        groups=groups,
        dilation=dilation,
        activation=activation,
        residual=residual,
    )


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
    input
        x, (N, C, H, W), or without N for one sample. C must be a multiple of `groups`.
    weight
        w, (C, O / groups, K, K).
    bias
        b, (O,), or None.
    stride
        Steps between the places where elements of the input are put: an int, or one for each axis.
    padding
        Elements cut off on both sides of the output.
    output_padding
        Elements added behind each axis of the output, where several sizes of a convolution's input
        give the same output. Smaller than the stride or the dilation.
    groups
        How many groups the channels fall into; outputs of a group see its inputs only.
    dilation
        Steps between the elements of a window.
    activation
        None, the name of a pointwise activation, or a tuple of its name and parameters, such as
        ("leaky_relu", 0.2). Computed with the sums, which saves passes over the output.
    residual
        Added before the activation; of the shape of the output, or None.

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
        Where arguments differ in dtype, or are neither float32 nor float64.

    Examples
    --------
    >>> import fastnn
    >>> import fastnn.nn.functional as F
    >>> x, w = fastnn.randn(2, 5, 4, 4), fastnn.randn(5, 3, 3, 3)
    >>> F.conv_transpose2d(x, w, stride=2, padding=1, output_padding=1).shape
    (2, 3, 8, 8)
    """
    return convolve_transposed(
        input,
        weight,
        bias,
        ndim=4,
        stride=stride,
        padding=padding,
        output_padding=output_padding,
        groups=groups,
        dilation=dilation,
        activation=activation,
        residual=residual,
    )


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
    >>> import fastnn
    >>> import fastnn.nn.functional as F
    >>> F.conv_transpose3d(fastnn.randn(2, 5, 2, 4, 4), fastnn.randn(5, 3, 2, 2, 2), stride=2).shape
    (2, 3, 4, 8, 8)
    """
    return convolve_transposed(
        input,
        weight,
        bias,
        ndim=5,
        stride=stride,
        padding=padding,
        output_padding=output_padding,
        groups=groups,
        dilation=dilation,
        activation=activation,
        residual=residual,
    )
