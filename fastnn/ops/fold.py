"""Windows of images as columns of a matrix, and columns summed up to images."""

from __future__ import annotations

from .. import _core
from ..autograd.record import Array, Grads, Node, array, record
from ..tensor import Tensor, TensorLike
from .pool.sizes import Sizes, sizes_of
from .shuffle import as_bits

__all__ = ["fold", "unfold"]


def windows_of(op: str, **given: Sizes) -> list[tuple[int, ...]]:
    """What windows are described by, with one number for each axis."""
    return [sizes_of(op, name, value, 2) for name, value in given.items()]


def unfold(
    input: TensorLike,
    kernel_size: Sizes,
    dilation: Sizes = 1,
    padding: Sizes = 0,
    stride: Sizes = 1,
) -> Tensor:
    """Each window of an image as a column: y[n, (c, i, j), l] = x[n, c, l_h s + i d - p, ...].

    Parameters
    ----------
    input
        x, (N, C, H, W), or without N for one sample.
    kernel_size, dilation, padding, stride
        Of the windows, as of a convolution: an int, or one for each axis.

    Returns
    -------
    Tensor
        y, (N, C · K_h · K_w, L), of L windows, row by row.

    Raises
    ------
    ValueError
        The kernel is larger than the padded input, or a number is out of range.

    Examples
    --------
    >>> F.unfold(fastnn.arange(9.0).reshape(1, 1, 3, 3), 2)[0, :, 0].tolist()
    [0.0, 1.0, 3.0, 4.0]
    """
    x = array(input)
    windows = windows_of(
        "unfold", kernel_size=kernel_size, dilation=dilation, padding=padding, stride=stride
    )
    y = as_bits(_core.unfold, x, *windows)
    return record(y, unfold_backward, (input,), x.shape[-2:], windows)


def unfold_backward(node: Node, dy: Array) -> Grads:
    size, windows = node.saved
    return (_core.fold(dy, size, *windows),)


def fold(
    input: TensorLike,
    output_size: Sizes,
    kernel_size: Sizes,
    dilation: Sizes = 1,
    padding: Sizes = 0,
    stride: Sizes = 1,
) -> Tensor:
    """Columns put back as windows of an image, where windows meet their sum: `unfold`'s gradient.

    Parameters
    ----------
    input
        x, (N, C · K_h · K_w, L), or without N for one sample.
    output_size
        (H, W) of the image.
    kernel_size, dilation, padding, stride
        Of the windows, as in `unfold`.

    Returns
    -------
    Tensor
        y, (N, C, H, W).

    Raises
    ------
    ValueError
        The columns are not as many or as long as the windows, or a number is out of range.

    Examples
    --------
    >>> F.fold(fastnn.ones(1, 4, 4), 3, 2).tolist()
    [[[[1.0, 2.0, 1.0], [2.0, 4.0, 2.0], [1.0, 2.0, 1.0]]]]
    """
    x = array(input)
    size = sizes_of("fold", "output_size", output_size, 2)
    windows = windows_of(
        "fold", kernel_size=kernel_size, dilation=dilation, padding=padding, stride=stride
    )
    return record(_core.fold(x, size, *windows), fold_backward, (input,), windows)


def fold_backward(node: Node, dy: Array) -> Grads:
    (windows,) = node.saved
    return (_core.unfold(dy, *windows),)
