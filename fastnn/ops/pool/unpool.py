"""Numbers put back to where a max pooling had found them."""

from __future__ import annotations

from collections.abc import Sequence

from ... import _core
from ...autograd.record import Array, array, record
from ...tensor import Tensor, TensorLike
from ..backward import from_kernel
from .sizes import Sizes, sizes_of, stride_of

__all__ = ["max_unpool1d", "max_unpool2d", "max_unpool3d"]


def max_unpool(
    op: str,
    axes: int,
    input: TensorLike,
    indices: TensorLike,
    kernel_size: Sizes,
    stride: Sizes | None,
    padding: Sizes,
    output_size: Sequence[int] | None,
) -> Tensor:
    x, places = array(input), array(indices)
    kernel = sizes_of(op, "kernel_size", kernel_size, axes)
    steps = stride_of(op, stride, kernel)
    pads = sizes_of(op, "padding", padding, axes)
    out = unpooled_size(op, x, kernel, steps, pads, output_size)
    return record(_core.max_unpool(x, places, out), max_unpool_backward, (input,), places, out)


def unpooled_size(
    op: str,
    x: Array,
    kernel: tuple[int, ...],
    stride: tuple[int, ...],
    padding: tuple[int, ...],
    output_size: Sequence[int] | None,
) -> tuple[int, ...]:
    axes = len(kernel)
    if x.ndim not in (axes + 1, axes + 2):
        raise ValueError(
            f"{op}: input must have {axes + 2} dimensions, or {axes + 1} without N, got shape "
            f"{x.shape}"
        )
    usual = tuple(
        [(n - 1) * s + k - 2 * p for n, k, s, p in zip(x.shape[-axes:], kernel, stride, padding)]
    )
    if output_size is None:
        return usual
    wanted = tuple(output_size)
    if len(wanted) in (axes + 2, x.ndim):
        wanted = wanted[-axes:]
    if len(wanted) != axes or any(abs(n - u) >= s for n, u, s in zip(wanted, usual, stride)):
        raise ValueError(
            f"{op}: output_size must lie within a stride {stride} of {usual}, got "
            f"{tuple(output_size)}"
        )
    return wanted


max_unpool_backward = from_kernel(_core.max_unpool_backward)


def max_unpool1d(
    input: TensorLike,
    indices: TensorLike,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    output_size: Sequence[int] | None = None,
) -> Tensor:
    """Numbers put back on a line: y[indices] = x, 0 elsewhere.

    Arguments, result and errors are those of `max_unpool2d`, for (N, C, L) with or without N.

    Examples
    --------
    >>> x = fastnn.tensor([[1.0, 3.0, 5.0, 4.0]])
    >>> y, indices = fastnn.max_pool1d(x, 2, return_indices=True)
    >>> fastnn.max_unpool1d(y, indices, 2)
    tensor([[0., 3., 5., 0.]])
    """
    return max_unpool("max_unpool1d", 1, input, indices, kernel_size, stride, padding, output_size)


def max_unpool2d(
    input: TensorLike,
    indices: TensorLike,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    output_size: Sequence[int] | None = None,
) -> Tensor:
    """Numbers put back into an image: y[indices] = x, 0 elsewhere.

    Parameters
    ----------
    input
        x, (N, C, H, W), or without N for one sample.
    indices
        Of the same shape: where each number goes in the flattened axes of its plane, as
        `max_pool2d` returns them. Where several go to one place, the last stays.
    kernel_size, stride, padding
        Those of the pooling, from which the size of the output follows.
    output_size
        The size of the output, where several sizes have the same pooling: within a stride of the
        usual one, with or without N and C.

    Returns
    -------
    Tensor
        y, (N, C, H, W), zero where no number was put; each axis of length (L - 1) · stride + K - 2
        · padding by default.

    Raises
    ------
    IndexError
        An index lies outside of the output.
    ValueError
        Shapes do not fit, or `output_size` lies too far from the usual one.

    Examples
    --------
    >>> x = fastnn.arange(4.0).reshape(1, 2, 2)
    >>> y, indices = fastnn.max_pool2d(x, 2, return_indices=True)
    >>> fastnn.max_unpool2d(y, indices, 2).tolist()
    [[[0.0, 0.0], [0.0, 3.0]]]
    """
    return max_unpool("max_unpool2d", 2, input, indices, kernel_size, stride, padding, output_size)


def max_unpool3d(
    input: TensorLike,
    indices: TensorLike,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    output_size: Sequence[int] | None = None,
) -> Tensor:
    """Numbers put back into a volume: y[indices] = x, 0 elsewhere.

    Arguments, result and errors are those of `max_unpool2d`, for (N, C, D, H, W) with or without N.

    Examples
    --------
    >>> y, indices = fastnn.max_pool3d(fastnn.randn(2, 3, 4, 4, 4), 2, return_indices=True)
    >>> fastnn.max_unpool3d(y, indices, 2).shape
    (2, 3, 4, 4, 4)
    """
    return max_unpool("max_unpool3d", 3, input, indices, kernel_size, stride, padding, output_size)
