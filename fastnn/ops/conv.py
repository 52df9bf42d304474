"""Convolutions over one to three axes, and their transposes.

Shapes are PyTorch's, memory is channels-last: an output of shape (N, O, H, W) lies in memory as
(N, H, W, O), and so does the gradient of an input. Inputs of any order are taken; one in another
order is reordered first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias, TypeVar

from .. import _core
from ..autograd.changes import read_for
from ..autograd.contract import ReusesDy
from ..autograd.record import Array, Grads, Node, array, record
from ..autograd.tape import mode
from ..tensor import Tensor, TensorLike
from ._sections import shared
from .activation.fused import Fused

__all__ = [
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
]

F = TypeVar("F", bound=Callable[..., Any])
Ints: TypeAlias = "int | Sequence[int]"

# Bytes of a gradient from which on relu's slope is multiplied into the gradient itself, not a copy.
LARGE = 1 << 20

CONV = """\
Parameters
----------
input
    x, {x}, or without N for one sample. C must be a multiple of `groups`.
weight
    w, {w}.
bias
    b, (O,), or None.
stride
    Steps between windows: an int, or one for each axis.
padding
    Zeros on both sides of each axis: an int, or one for each axis; ``"valid"`` for none;
    ``"same"`` for as many as keep the size, an odd one behind (with a stride of 1).
dilation
    Steps between the elements of a window.
groups
    How many groups the channels fall into; outputs of a group see its inputs only. With C groups
    the convolution is depthwise.
activation
    None, the name of a pointwise activation, or a tuple of its name and parameters, such as
    ("leaky_relu", 0.2). Computed with the sums, which saves passes over the output.
residual
    Added before the activation; of the shape of the output, or None.

Returns
-------
Tensor
    y, {y}, each axis of length ⌊(L + 2 · padding - dilation · (K - 1) - 1) / stride⌋ + 1; in
    channels-last memory.

Raises
------
ValueError
    Where shapes do not fit, the kernel is larger than the padded input, a number is out of range
    or the activation is unknown.
TypeError
    Where arguments differ in dtype, or are neither float32 nor float64.
"""
TRANSPOSE = """\
Parameters
----------
input
    x, {x}, or without N for one sample. C must be a multiple of `groups`.
weight
    w, {w}.
bias
    b, (O,), or None.
stride
    Steps between the places where elements of the input are put: an int, or one for each axis.
padding
    Elements cut off on both sides of the output.
output_padding
    Elements added behind each axis of the output, which settles what the division by the stride
    has rounded away. Smaller than the stride or the dilation.
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
    y, {y}, each axis of length (L - 1) · stride - 2 · padding + dilation · (K - 1) +
    output_padding + 1; in channels-last memory.

Raises
------
ValueError
    Where shapes do not fit, nothing is left of the output, a number is out of range or the
    activation is unknown.
TypeError
    Where arguments differ in dtype, or are neither float32 nor float64.
"""


def described(sections: str, axes: str, kernel: str) -> Callable[[F], F]:
    """The sections that all convolutions share, with the letters of these axes."""
    channels = "C, O / groups" if sections is TRANSPOSE else "O, C / groups"
    made = ", ".join([f"{letter}'" for letter in axes.split(", ")])
    return shared(
        sections.format(x=f"(N, C, {axes})", w=f"({channels}, {kernel})", y=f"(N, O, {made})")
    )


@described(CONV, "L", "K")
def conv1d(
    input: TensorLike,
    weight: TensorLike,
    bias: TensorLike | None = None,
    stride: Ints = 1,
    padding: Ints | str = 0,
    dilation: Ints = 1,
    groups: int = 1,
    *,
    activation: Fused = None,
    residual: TensorLike | None = None,
) -> Tensor:
    """Sums over windows of sequences: y[n, o, j] = b[o] + Σ w[o, c, k] · x[n, c, j · stride + k].

    The sum goes over the channels c of the group of o and over k, which counts dilated steps from
    where the padding begins.

    Examples
    --------
    >>> import fastnn
    >>> import fastnn.nn.functional as F
    >>> x, w = fastnn.tensor([[[1.0, 2.0, 3.0, 4.0]]]), fastnn.tensor([[[1.0, -1.0]]])
    >>> F.conv1d(x, w).tolist()
    [[[-1.0, -1.0, -1.0]]]
    """
    return convolve(3, input, weight, bias, stride, padding, dilation, groups, activation, residual)


@described(CONV, "H, W", "K, K")
def conv2d(
    input: TensorLike,
    weight: TensorLike,
    bias: TensorLike | None = None,
    stride: Ints = 1,
    padding: Ints | str = 0,
    dilation: Ints = 1,
    groups: int = 1,
    *,
    activation: Fused = None,
    residual: TensorLike | None = None,
) -> Tensor:
    """Sums over windows of images: y[n, o, j] = b[o] + Σ w[o, c, k] · x[n, c, j · stride + k].

    The sum goes over the channels c of the group of o and over k = (row, column), which counts
    dilated steps from where the padding begins.

    Examples
    --------
    >>> import fastnn
    >>> import fastnn.nn.functional as F
    >>> x, w = fastnn.randn(2, 3, 8, 8), fastnn.randn(5, 3, 3, 3)
    >>> F.conv2d(x, w, padding=1).shape
    (2, 5, 8, 8)
    >>> F.conv2d(x, w, stride=2, activation="relu").shape
    (2, 5, 3, 3)
    """
    return convolve(4, input, weight, bias, stride, padding, dilation, groups, activation, residual)


@described(CONV, "D, H, W", "K, K, K")
def conv3d(
    input: TensorLike,
    weight: TensorLike,
    bias: TensorLike | None = None,
    stride: Ints = 1,
    padding: Ints | str = 0,
    dilation: Ints = 1,
    groups: int = 1,
    *,
    activation: Fused = None,
    residual: TensorLike | None = None,
) -> Tensor:
    """Sums over windows of volumes: y[n, o, j] = b[o] + Σ w[o, c, k] · x[n, c, j · stride + k].

    The sum goes over the channels c of the group of o and over k = (plane, row, column), which
    counts dilated steps from where the padding begins.

    Examples
    --------
    >>> import fastnn
    >>> import fastnn.nn.functional as F
    >>> F.conv3d(fastnn.randn(2, 3, 4, 8, 8), fastnn.randn(5, 3, 3, 3, 3), padding="same").shape
    (2, 5, 4, 8, 8)
    """
    return convolve(5, input, weight, bias, stride, padding, dilation, groups, activation, residual)


def convolve(
    ndim: int,
    input: TensorLike,
    weight: TensorLike,
    bias: TensorLike | None,
    stride: Ints,
    padding: Ints | str,
    dilation: Ints,
    groups: int,
    activation: Fused,
    residual: TensorLike | None,
) -> Tensor:
    """A convolution whose weight must have `ndim` dimensions."""
    x = input._array if isinstance(input, Tensor) else array(input)
    w = weight._array if isinstance(weight, Tensor) else array(weight)
    b = bias._array if isinstance(bias, Tensor) else None if bias is None else array(bias)
    if w.ndim != ndim:
        wrong_weight(f"conv{ndim - 2}d", ndim, "(out_channels, in_channels / groups", w)
    r = None if residual is None else array(residual)
    if not mode.enabled:
        return Tensor(_core.conv(x, w, b, stride, padding, dilation, groups, activation, r))
    y, saved = _core.conv(x, w, b, stride, padding, dilation, groups, activation, r, True)
    inputs = (input, weight, bias) if residual is None else (input, weight, bias, residual)
    options = (stride, padding, dilation, groups)
    return record(y, conv_backward, inputs, x, w, saved, options, activation)


@read_for((1,), (0,))
@ReusesDy
def conv_backward(node: Node, dy: Array, reuse: bool) -> Grads:
    x, w, saved, (stride, padding, dilation, groups), activation = node.saved
    if reuse and activation == "relu" and dy.nbytes >= LARGE:
        dy = _core.relu_backward(dy, saved, True)
        saved = activation = node.saved = None  # y is freed before dx is allocated
    return _core.conv_backward(
        dy, x, w, saved, stride, padding, dilation, groups, node.needs, activation
    )


def wrong_weight(op: str, ndim: int, layout: str, w: Array) -> None:
    letters = ("L", "H, W", "D, H, W")[ndim - 3]
    raise ValueError(
        f"{op}: weight must have {ndim} dimensions, {layout}, {letters}), got shape {w.shape}"
    )


@described(TRANSPOSE, "L", "K")
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

    Examples
    --------
    >>> import fastnn
    >>> import fastnn.nn.functional as F
    >>> x, w = fastnn.tensor([[[1.0, 2.0]]]), fastnn.tensor([[[1.0, 10.0]]])
    >>> F.conv_transpose1d(x, w, stride=2).tolist()
    [[[1.0, 10.0, 2.0, 20.0]]]
    """
    options = (stride, padding, output_padding, groups, dilation)
    return convolve_transposed(3, input, weight, bias, options, activation, residual)


@described(TRANSPOSE, "H, W", "K, K")
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

    Examples
    --------
    >>> import fastnn
    >>> import fastnn.nn.functional as F
    >>> x, w = fastnn.randn(2, 5, 4, 4), fastnn.randn(5, 3, 3, 3)
    >>> F.conv_transpose2d(x, w, stride=2, padding=1, output_padding=1).shape
    (2, 3, 8, 8)
    """
    options = (stride, padding, output_padding, groups, dilation)
    return convolve_transposed(4, input, weight, bias, options, activation, residual)


@described(TRANSPOSE, "D, H, W", "K, K, K")
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

    Examples
    --------
    >>> import fastnn
    >>> import fastnn.nn.functional as F
    >>> F.conv_transpose3d(fastnn.randn(2, 5, 2, 4, 4), fastnn.randn(5, 3, 2, 2, 2), stride=2).shape
    (2, 3, 4, 8, 8)
    """
    options = (stride, padding, output_padding, groups, dilation)
    return convolve_transposed(5, input, weight, bias, options, activation, residual)


def convolve_transposed(
    ndim: int,
    input: TensorLike,
    weight: TensorLike,
    bias: TensorLike | None,
    options: tuple[Ints, Ints, Ints, int, Ints],
    activation: Fused,
    residual: TensorLike | None,
) -> Tensor:
    """A transposed convolution whose weight must have `ndim` dimensions."""
    x = input._array if isinstance(input, Tensor) else array(input)
    w = weight._array if isinstance(weight, Tensor) else array(weight)
    b = bias._array if isinstance(bias, Tensor) else None if bias is None else array(bias)
    if w.ndim != ndim:
        wrong_weight(f"conv_transpose{ndim - 2}d", ndim, "(in_channels, out_channels / groups", w)
    r = None if residual is None else array(residual)
    if not mode.enabled:
        return Tensor(_core.conv_transpose(x, w, b, *options, activation, r))
    y, saved = _core.conv_transpose(x, w, b, *options, activation, r, True)
    inputs = (input, weight, bias) if residual is None else (input, weight, bias, residual)
    return record(y, conv_transpose_backward, inputs, x, w, saved, options, activation)


@read_for((1,), (0,))
def conv_transpose_backward(node: Node, dy: Array) -> Grads:
    x, w, saved, (stride, padding, extra, groups, dilation), activation = node.saved
    return _core.conv_transpose_backward(
        dy, x, w, saved, stride, padding, extra, groups, dilation, node.needs, activation
    )
