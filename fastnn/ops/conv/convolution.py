"""Convolutions over one to three axes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeAlias

from ... import _core
from ...autograd.changes import read_for
from ...autograd.contract import Reuses
from ...autograd.record import Array, Grads, Node, array, record
from ...autograd.tape import mode
from ...tensor import Tensor, TensorLike
from ..activation.fused import Fused
from ..shape.permute import permute

__all__ = ["conv1d", "conv2d", "conv3d", "conv_tbc"]

Ints: TypeAlias = "int | Sequence[int]"

# Bytes of a gradient from which on the activation's gradient may overwrite it.
LARGE = 1 << 20


class Kernel(NamedTuple):
    """A convolution or its transpose: its name, the layout of its weight and what computes it."""

    op: str
    layout: str
    forward: Callable[..., Any]
    backward: Callable[..., Any]


CONV = Kernel("conv", "out_channels, in_channels / groups", _core.conv, _core.conv_backward)


def convolve(
    kernel: Kernel,
    ndim: int,
    input: TensorLike,
    weight: TensorLike,
    bias: TensorLike | None,
    options: tuple[Ints | str, ...],
    activation: Fused,
    residual: TensorLike | None,
) -> Tensor:
    """A convolution whose weight has `ndim` dimensions; `options` in the kernel's order."""
    x = input._array if isinstance(input, Tensor) else array(input)
    w = weight._array if isinstance(weight, Tensor) else array(weight)
    b = bias._array if isinstance(bias, Tensor) else None if bias is None else array(bias)
    if w.ndim != ndim:
        letters = ("L", "H, W", "D, H, W")[ndim - 3]
        raise ValueError(
            f"{kernel.op}{ndim - 2}d: weight must have {ndim} dimensions, "
            f"({kernel.layout}, {letters}), got shape {w.shape}"
        )
    r = None if residual is None else array(residual)
    if not mode.enabled:
        return Tensor(kernel.forward(x, w, b, *options, activation, r))
    y, saved = kernel.forward(x, w, b, *options, activation, r, True)
    inputs = (input, weight, bias) if residual is None else (input, weight, bias, residual)
    return record(y, conv_backward, inputs, x, w, saved, options, activation, kernel)


@read_for((1,), (0,))
@Reuses
def conv_backward(node: Node, dy: Array, reuse_dy: bool, _: bool) -> Grads:
    x, w, saved, options, activation, kernel = node.saved
    overwrite = reuse_dy and activation is not None and dy.nbytes >= LARGE
    grads: Grads = kernel.backward(dy, x, w, saved, *options, node.needs, activation, overwrite)
    return grads


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

    Arguments, result and errors are those of `conv2d`, for (N, C, L) with or without N.

    Examples
    --------
    >>> x, w = fastnn.tensor([[[1.0, 2.0, 3.0, 4.0]]]), fastnn.tensor([[[1.0, -1.0]]])
    >>> F.conv1d(x, w).tolist()
    [[[-1.0, -1.0, -1.0]]]
    """
    options = (stride, padding, dilation, groups)
    return convolve(CONV, 3, input, weight, bias, options, activation, residual)


def conv_tbc(input: TensorLike, weight: TensorLike, bias: TensorLike, pad: int = 0) -> Tensor:
    """`conv1d` of sequences with the time first.

    Parameters
    ----------
    input
        x, (T, N, C).
    weight
        w, (K, C, O).
    bias
        b, (O,).
    pad
        Zeros on either end.

    Returns
    -------
    Tensor
        (T + 2 pad - K + 1, N, O)

    Examples
    --------
    >>> F.conv_tbc(fastnn.ones(5, 2, 3), fastnn.ones(2, 3, 4), fastnn.zeros(4)).shape
    (4, 2, 4)
    """
    for name, x in (("input", input), ("weight", weight)):
        if array(x).ndim != 3:
            raise ValueError(f"conv_tbc: {name} must have 3 dimensions, got {array(x).shape}")
    y = conv1d(permute(input, 1, 2, 0), permute(weight, 2, 1, 0), bias, padding=pad)
    return permute(y, 2, 0, 1)


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

    Parameters
    ----------
    input
        x, (N, C, H, W), or without N for one sample. C must be a multiple of `groups`.
    weight
        w, (O, C / groups, K, K).
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
        How many groups the channels fall into; outputs of a group see its inputs only. With C
        groups the convolution is depthwise.
    activation
        None, the name of a pointwise activation, or a tuple of its name and parameters, such as
        ("leaky_relu", 0.2). Computed with the sums, which saves passes over the output.
    residual
        Added before the activation; of the shape of the output, or None.

    Returns
    -------
    Tensor
        y, (N, O, H', W'), in channels-last memory. Each axis has the length
        ⌊(L + 2 · padding - dilation · (K - 1) - 1) / stride⌋ + 1.

    Raises
    ------
    ValueError
        Where shapes do not fit, the kernel is larger than the padded input, a number is out of
        range or the activation is unknown.
    TypeError
        Where arguments differ in dtype, or are neither float32 nor float64.

    Examples
    --------
    >>> x, w = fastnn.randn(2, 3, 8, 8), fastnn.randn(5, 3, 3, 3)
    >>> F.conv2d(x, w, padding=1).shape
    (2, 5, 8, 8)
    >>> F.conv2d(x, w, stride=2, activation="relu").shape
    (2, 5, 3, 3)
    """
    options = (stride, padding, dilation, groups)
    return convolve(CONV, 4, input, weight, bias, options, activation, residual)


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

    Arguments, result and errors are those of `conv2d`, for (N, C, D, H, W) with or without N.

    Examples
    --------
    >>> F.conv3d(fastnn.randn(2, 3, 4, 8, 8), fastnn.randn(5, 3, 3, 3, 3), padding="same").shape
    (2, 5, 4, 8, 8)
    """
    options = (stride, padding, dilation, groups)
    return convolve(CONV, 5, input, weight, bias, options, activation, residual)
