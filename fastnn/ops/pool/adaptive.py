"""Poolings told how many windows to make, whatever the size of the input."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from ... import _core
from ...autograd.record import Array, array, record
from ...autograd.tape import mode
from ...tensor import Tensor, TensorLike
from ..backward import from_kernel
from .sizes import sizes_of

__all__ = [
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "adaptive_avg_pool3d",
    "adaptive_max_pool1d",
    "adaptive_max_pool2d",
    "adaptive_max_pool3d",
]

OutputSize: TypeAlias = "int | Sequence[int | None] | None"


def output_sizes(op: str, x: Array, output_size: Any, axes: int) -> tuple[int, ...]:
    """The output's size along each axis, where None stands for the input's."""
    if output_size is None:
        output_size = (None,)
    if isinstance(output_size, (tuple, list)) and None in output_size:
        given = tuple(output_size) * axes if len(output_size) == 1 else tuple(output_size)
        if len(given) != axes:
            raise ValueError(f"{op}: output_size must hold {axes} ints or None, got {given}")
        sizes = x.shape[-axes:] if x.ndim > axes else given  # the kernel says what is wrong then
        return tuple([n if s is None else s for n, s in zip(sizes, given)])
    return sizes_of(op, "output_size", output_size, axes)


def adaptive_avg_pool(op: str, axes: int, input: TensorLike, output_size: OutputSize) -> Tensor:
    x = array(input)
    out = output_sizes(op, x, output_size, axes)
    y = _core.adaptive_avg_pool(x, out)
    return record(y, adaptive_avg_pool_backward, (input,), x.shape, out)


adaptive_avg_pool_backward = from_kernel(_core.adaptive_avg_pool_backward)


def adaptive_avg_pool1d(input: TensorLike, output_size: OutputSize) -> Tensor:
    """A line averaged over `output_size` windows.

    Arguments, result and errors are those of `adaptive_avg_pool2d`, for (N, C, L) with or without
    N.

    Examples
    --------
    >>> fastnn.adaptive_avg_pool1d(fastnn.tensor([[1.0, 3.0, 2.0, 6.0]]), 2)
    tensor([[2., 4.]])
    """
    return adaptive_avg_pool("adaptive_avg_pool1d", 1, input, output_size)


def adaptive_avg_pool2d(input: TensorLike, output_size: OutputSize) -> Tensor:
    """An image averaged over `output_size` windows; with size 1 over all of it.

    Parameters
    ----------
    input
        x, (N, C, H, W), or without N for one sample.
    output_size
        J, how many windows: an int, or one for each axis; None for as many as there are inputs.
        Window j of L inputs goes from ⌊j · L / J⌋ to before ⌈(j + 1) · L / J⌉.

    Returns
    -------
    Tensor
        y, (N, C, J_H, J_W).

    Raises
    ------
    ValueError
        An output size is less than 1.

    Examples
    --------
    >>> fastnn.adaptive_avg_pool2d(fastnn.zeros(8, 512, 7, 7), 1).shape
    (8, 512, 1, 1)
    >>> fastnn.adaptive_avg_pool2d(fastnn.zeros(8, 512, 7, 9), (None, 3)).shape
    (8, 512, 7, 3)
    """
    return adaptive_avg_pool("adaptive_avg_pool2d", 2, input, output_size)


def adaptive_avg_pool3d(input: TensorLike, output_size: OutputSize) -> Tensor:
    """A volume averaged over `output_size` windows.

    Arguments, result and errors are those of `adaptive_avg_pool2d`, for (N, C, D, H, W) with or
    without N.

    Examples
    --------
    >>> fastnn.adaptive_avg_pool3d(fastnn.zeros(2, 3, 8, 9, 10), 2).shape
    (2, 3, 2, 2, 2)
    """
    return adaptive_avg_pool("adaptive_avg_pool3d", 3, input, output_size)


def adaptive_max_pool(
    op: str, axes: int, input: TensorLike, output_size: OutputSize, return_indices: bool
) -> Any:
    x = array(input)
    out = output_sizes(op, x, output_size, axes)
    traced = mode.enabled and isinstance(input, Tensor) and input.requires_grad
    y, places = _core.adaptive_max_pool(x, out, return_indices or traced)
    result = record(y, adaptive_max_pool_backward, (input,), places, x.shape, out)
    if not return_indices:
        return result
    return result, Tensor(_core.adaptive_max_pool_indices(places, x.shape, out))


adaptive_max_pool_backward = from_kernel(_core.adaptive_max_pool_backward)


def adaptive_max_pool1d(
    input: TensorLike, output_size: OutputSize, return_indices: bool = False
) -> Any:
    """The maxima of `output_size` windows of a line.

    Arguments, result and errors are those of `adaptive_max_pool2d`, for (N, C, L) with or without
    N.

    Examples
    --------
    >>> fastnn.adaptive_max_pool1d(fastnn.tensor([[1.0, 3.0, 2.0, 6.0]]), 2)
    tensor([[3., 6.]])
    """
    return adaptive_max_pool("adaptive_max_pool1d", 1, input, output_size, return_indices)


def adaptive_max_pool2d(
    input: TensorLike, output_size: OutputSize, return_indices: bool = False
) -> Any:
    """The maxima of `output_size` windows of an image.

    Parameters
    ----------
    input, output_size
        As for `adaptive_avg_pool2d`, and so are the errors.
    return_indices
        Return also where the maxima were found, as indices into the flattened axes.

    Returns
    -------
    Tensor
        y, (N, C, J_H, J_W). With `return_indices` a tuple of y and int64 indices of the same shape.

    Examples
    --------
    >>> fastnn.adaptive_max_pool2d(fastnn.zeros(8, 512, 7, 7), 1).shape
    (8, 512, 1, 1)
    """
    return adaptive_max_pool("adaptive_max_pool2d", 2, input, output_size, return_indices)


def adaptive_max_pool3d(
    input: TensorLike, output_size: OutputSize, return_indices: bool = False
) -> Any:
    """The maxima of `output_size` windows of a volume.

    Arguments, result and errors are those of `adaptive_max_pool2d`, for (N, C, D, H, W) with or
    without N.

    Examples
    --------
    >>> fastnn.adaptive_max_pool3d(fastnn.zeros(2, 3, 8, 9, 10), 2).shape
    (2, 3, 2, 2, 2)
    """
    return adaptive_max_pool("adaptive_max_pool3d", 3, input, output_size, return_indices)
