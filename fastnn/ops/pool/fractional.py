"""The maximum of windows of one size whose distances are random."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

from ...autograd.record import Array, array
from ...dtypes import no_floats
from ...tensor import Tensor, TensorLike, check_constant
from ..create.drawn import rand
from ..index.along import gather
from ..reduce.extreme import max as largest
from ..shape import reshape
from .sizes import Sizes, sizes_of

__all__ = [
    "fractional_max_pool2d",
    "fractional_max_pool2d_with_indices",
    "fractional_max_pool3d",
    "fractional_max_pool3d_with_indices",
]

Ratio: TypeAlias = "float | Sequence[float]"

# Which sample of a channel is that of an axis, as in PyTorch.
SAMPLE = {2: (1, 0), 3: (0, 1, 2)}


def fractional_max_pool(
    op: str,
    axes: int,
    input: TensorLike,
    kernel_size: Sizes,
    output_size: Sizes | None,
    output_ratio: Ratio | None,
    samples: TensorLike | None,
) -> tuple[Tensor, Tensor]:
    x = array(input)
    if x.dtype not in (np.float32, np.float64):
        raise no_floats(op, "input", x.dtype)
    if x.ndim not in (axes + 1, axes + 2):
        raise ValueError(
            f"{op}: input must have {axes + 2} dimensions, or {axes + 1} without N, got shape "
            f"{x.shape}"
        )
    plane = x.shape[-axes:]
    kernel = sizes_of(op, "kernel_size", kernel_size, axes)
    out = output_of(op, plane, output_size, output_ratio)
    for name, numbers in (("kernel_size", kernel), ("output_size", out)):
        if min(numbers) < 1:
            raise ValueError(f"{op}: {name} must be at least 1 along each axis, got {numbers}")
    if any(o + k - 1 > n for o, k, n in zip(out, kernel, plane)):
        raise ValueError(
            f"{op}: output_size {out} with kernel_size {kernel} needs an input of at least "
            f"{tuple([o + k - 1 for o, k in zip(out, kernel)])}, got {plane}"
        )
    lead = x.shape[:-axes]
    where = starts(plane, kernel, out, random_samples(op, axes, x, samples))
    lines = reshape(input, (*lead, math.prod(plane)))
    index = winners(lines.detach(), where.reshape(*lead, math.prod(out)), offsets(plane, kernel))
    y = gather(lines, -1, index)
    return reshape(y, (*lead, *out)), Tensor(index.reshape(*lead, *out))


def output_of(
    op: str, plane: tuple[int, ...], size: Sizes | None, ratio: Ratio | None
) -> tuple[int, ...]:
    """The size of the output, given itself or as a part of the input's."""
    if (size is None) == (ratio is None):
        raise ValueError(f"{op}: pass output_size or output_ratio, and not both")
    if size is not None:
        return sizes_of(op, "output_size", size, len(plane))
    parts = ratios_of(op, ratio, len(plane))
    return tuple([int(n * r) for n, r in zip(plane, parts)])


def ratios_of(op: str, ratio: Any, axes: int) -> tuple[float, ...]:
    """A ratio for each axis."""
    given = tuple(ratio) if isinstance(ratio, (tuple, list)) else (ratio,) * axes
    if any(isinstance(r, str) or not hasattr(r, "__float__") for r in given):
        raise TypeError(f"{op}: output_ratio must be a number or a tuple of {axes}, got {ratio!r}")
    if len(given) != axes or not all(0 < float(r) < 1 for r in given):
        raise ValueError(
            f"{op}: output_ratio must be a number between 0 and 1, or {axes} of them, got {ratio!r}"
        )
    return tuple([float(r) for r in given])


def random_samples(op: str, axes: int, x: Array, samples: TensorLike | None) -> Array:
    """A number from 0 to 1 for each axis of each plane: (N · C, axes)."""
    lead = x.shape[:-axes]
    shape = (*lead, axes) if len(lead) == 2 else (1, *lead, axes)
    check_constant(op, "_random_samples", samples)
    drawn = rand(*shape, dtype=x.dtype)._array if samples is None else array(samples)
    if drawn.shape != shape:
        raise ValueError(f"{op}: _random_samples must have shape {shape}, got {drawn.shape}")
    if drawn.dtype != x.dtype:
        raise TypeError(
            f"{op}: _random_samples must have the type of input, {x.dtype}, got {drawn.dtype}"
        )
    if not np.all((drawn >= 0) & (drawn <= 1)):
        raise ValueError(f"{op}: _random_samples must lie between 0 and 1")
    return drawn.reshape(-1, axes)


def starts(
    plane: tuple[int, ...], kernel: tuple[int, ...], out: tuple[int, ...], samples: Array
) -> Array:
    """Where windows begin: indices into each flattened plane, (planes, windows)."""
    axes, first = len(plane), np.zeros((len(samples), 1), np.int64)
    for axis in range(axes):
        u, last = samples[:, SAMPLE[axes][axis], None], plane[axis] - kernel[axis]
        begin = np.full((len(samples), out[axis]), last, np.int64)
        if out[axis] > 1:  # in the type of the input, as in PyTorch
            step = u.dtype.type(last) / u.dtype.type(out[axis] - 1)
            steps = np.arange(out[axis] - 1, dtype=u.dtype)
            begin[:, :-1] = ((steps + u) * step).astype(np.int64) - (u * step).astype(np.int64)
        begin = np.clip(begin, 0, last)  # whatever rounding does
        first = first[:, :, None] * plane[axis] + begin[:, None]
        first = first.reshape(len(samples), math.prod(out[: axis + 1]))
    return first


def offsets(plane: tuple[int, ...], kernel: tuple[int, ...]) -> Array:
    """The elements of a window in a flattened plane, counted from where it begins."""
    found = np.zeros(1, np.int64)
    for n, k in zip(plane, kernel):
        found = (found[:, None] * n + np.arange(k)).ravel()
    return found


def winners(lines: Tensor, begin: Array, window: Array) -> Array:
    """The index of the largest element of each window: the first of equal ones, or the last NaN."""
    *lead, count = begin.shape
    index = (begin[..., None] + window).reshape(*lead, count * len(window))
    parts = reshape(gather(lines, -1, index), (*begin.shape, len(window)))
    if not parts.numel():
        return begin
    values, places = largest(parts, -1)
    place = places._array
    if np.isnan(values._array).any():
        nan = np.isnan(parts._array)
        place = np.where(nan.any(-1), len(window) - 1 - nan[..., ::-1].argmax(-1), place)
    found: Array = begin + window[place]
    return found


def fractional_max_pool2d(
    input: TensorLike,
    kernel_size: Sizes,
    output_size: Sizes | None = None,
    output_ratio: Ratio | None = None,
    return_indices: bool = False,
    _random_samples: TensorLike | None = None,
) -> Any:
    """The maximum of each window of an image, of windows whose distances are random.

    Along an axis of length L with J windows of length K, window j begins at ⌊(j + u) · a⌋ - ⌊u · a⌋
    with a = (L - K) / (J - 1), and the last one at L - K; u is a random number for each axis of
    each channel of each sample.

    Parameters
    ----------
    input
        x, (N, C, H, W), or without N for one sample.
    kernel_size
        K: an int, or one for each axis.
    output_size
        J: an int, or one for each axis; at most L - K + 1.
    output_ratio
        Instead of `output_size`, a number between 0 and 1, or one for each axis: J = ⌊L · ratio⌋.
    return_indices
        Return also where the maxima were found, as indices into the flattened axes.
    _random_samples
        u, (N, C, 2) with N = 1 for one sample, for W and H, in this order, in the type of the
        input. Drawn by default.

    Returns
    -------
    Tensor
        y, (N, C, J, J), NaN where one is in the window. With `return_indices` a tuple of y and
        int64 indices of the same shape.

    Raises
    ------
    ValueError
        If shapes do not fit, or if not one of `output_size` and `output_ratio` is given.

    References
    ----------
    Graham, Fractional Max-Pooling, 2014.

    Examples
    --------
    >>> x = fastnn.arange(25.0).reshape(1, 5, 5)
    >>> u = fastnn.tensor([[[0.5, 0.0]]])
    >>> y, indices = F.fractional_max_pool2d(x, 2, 3, return_indices=True, _random_samples=u)
    >>> y.tolist()
    [[[6.0, 8.0, 9.0], [11.0, 13.0, 14.0], [21.0, 23.0, 24.0]]]
    """
    arguments = input, kernel_size, output_size, output_ratio, _random_samples
    y, indices = fractional_max_pool("fractional_max_pool2d", 2, *arguments)
    return (y, indices) if return_indices else y


def fractional_max_pool2d_with_indices(
    input: TensorLike,
    kernel_size: Sizes,
    output_size: Sizes | None = None,
    output_ratio: Ratio | None = None,
    return_indices: bool = False,
    _random_samples: TensorLike | None = None,
) -> Any:
    """`fractional_max_pool2d` with its indices, whatever `return_indices` says.

    Examples
    --------
    >>> y, indices = F.fractional_max_pool2d_with_indices(fastnn.randn(2, 3, 9, 9), 3, 4)
    >>> indices.shape
    (2, 3, 4, 4)
    """
    arguments = input, kernel_size, output_size, output_ratio, True, _random_samples
    return fractional_max_pool2d(*arguments)


def fractional_max_pool3d(
    input: TensorLike,
    kernel_size: Sizes,
    output_size: Sizes | None = None,
    output_ratio: Ratio | None = None,
    return_indices: bool = False,
    _random_samples: TensorLike | None = None,
) -> Any:
    """The maximum of each window of a volume, of windows whose distances are random.

    Arguments, result and errors are those of `fractional_max_pool2d`, for (N, C, D, H, W) with or
    without N; the random numbers are for D, H and W, in this order.

    Examples
    --------
    >>> F.fractional_max_pool3d(fastnn.randn(2, 3, 8, 8, 8), 2, output_ratio=0.5).shape
    (2, 3, 4, 4, 4)
    """
    arguments = input, kernel_size, output_size, output_ratio, _random_samples
    y, indices = fractional_max_pool("fractional_max_pool3d", 3, *arguments)
    return (y, indices) if return_indices else y


def fractional_max_pool3d_with_indices(
    input: TensorLike,
    kernel_size: Sizes,
    output_size: Sizes | None = None,
    output_ratio: Ratio | None = None,
    return_indices: bool = False,
    _random_samples: TensorLike | None = None,
) -> Any:
    """`fractional_max_pool3d` with its indices, whatever `return_indices` says.

    Examples
    --------
    >>> y, indices = F.fractional_max_pool3d_with_indices(fastnn.randn(2, 3, 8, 8, 8), 3, 4)
    >>> indices.shape
    (2, 3, 4, 4, 4)
    """
    arguments = input, kernel_size, output_size, output_ratio, True, _random_samples
    return fractional_max_pool3d(*arguments)
