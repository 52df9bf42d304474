"""Channels exchanged with pixels, and among each other; the results lie channels-last in memory."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from .. import _core
from ..autograd.record import Array, Grads, Node, array, record
from ..tensor import Tensor, TensorLike

__all__ = ["channel_shuffle", "pixel_shuffle", "pixel_unshuffle"]

FLOATS = [np.dtype(np.float32), np.dtype(np.float64)]


def pixel_shuffle(input: TensorLike, upscale_factor: int) -> Tensor:
    """Blocks of r² channels become squares of r × r pixels.

    ``y[n, c, h r + i, w r + j] = x[n, c r² + i r + j, h, w]``

    Parameters
    ----------
    input
        x, (*, C · r², H, W).
    upscale_factor
        r.

    Returns
    -------
    Tensor
        y, (*, C, H · r, W · r).

    Raises
    ------
    ValueError
        The channels are no multiple of r².

    References
    ----------
    Shi et al., Real-Time Single Image and Video Super-Resolution, CVPR 2016.

    Examples
    --------
    >>> F.pixel_shuffle(fastnn.arange(4.0).reshape(1, 4, 1, 1), 2).tolist()
    [[[[0.0, 1.0], [2.0, 3.0]]]]
    """
    x = array(input)
    r = factor_of("pixel_shuffle", "upscale_factor", upscale_factor, x)
    if x.shape[-3] % (r * r):
        raise ValueError(
            f"pixel_shuffle: channels must be a multiple of {r} * {r}, got shape {x.shape}"
        )
    return record(shuffled(x, r), pixel_shuffle_backward, (input,), r)


def pixel_shuffle_backward(node: Node, dy: Array) -> Grads:
    (r,) = node.saved
    return (unshuffled(dy, r),)


def pixel_unshuffle(input: TensorLike, downscale_factor: int) -> Tensor:
    """Squares of r × r pixels become blocks of r² channels: the inverse of `pixel_shuffle`.

    Parameters
    ----------
    input
        x, (*, C, H · r, W · r).
    downscale_factor
        r.

    Returns
    -------
    Tensor
        y, (*, C · r², H, W).

    Raises
    ------
    ValueError
        Height or width are no multiple of r.

    Examples
    --------
    >>> F.pixel_unshuffle(fastnn.arange(4.0).reshape(1, 1, 2, 2), 2).shape
    (1, 4, 1, 1)
    """
    x = array(input)
    r = factor_of("pixel_unshuffle", "downscale_factor", downscale_factor, x)
    if x.shape[-2] % r or x.shape[-1] % r:
        raise ValueError(
            f"pixel_unshuffle: height and width must be multiples of {r}, got shape {x.shape}"
        )
    return record(unshuffled(x, r), pixel_unshuffle_backward, (input,), r)


def pixel_unshuffle_backward(node: Node, dy: Array) -> Grads:
    (r,) = node.saved
    return (shuffled(dy, r),)


def factor_of(op: str, argument: str, factor: int, x: Array) -> int:
    if not hasattr(factor, "__index__"):
        raise TypeError(f"{op}: {argument} must be an int, got {type(factor).__name__}")
    if factor.__index__() < 1:
        raise ValueError(f"{op}: {argument} must be at least 1, got {factor}")
    if x.ndim < 3:
        raise ValueError(f"{op}: input must have shape (*, C, H, W), got {x.shape}")
    return factor.__index__()


def shuffled(x: Array, r: int) -> Array:
    """Channels in squares of pixels."""
    return of_images(_core.pixel_shuffle, x, r)


def unshuffled(x: Array, r: int) -> Array:
    """Pixels in blocks of channels."""
    return of_images(_core.pixel_unshuffle, x, r)


def of_images(kernel: Callable[..., Array], x: Array, r: int) -> Array:
    """A kernel for (N, C, H, W), with any axes in place of N."""
    if x.ndim == 4:
        return as_bits(kernel, x, r)
    y = as_bits(kernel, x.reshape(prod(x.shape[:-3]), *x.shape[-3:]), r)
    return y.reshape(*x.shape[:-3], *y.shape[1:])


def as_bits(kernel: Callable[..., Array], x: Array, *options: Any) -> Array:
    """A kernel for float32 and float64 that only moves elements, for those of any dtype."""
    if x.dtype in FLOATS:
        return kernel(x, *options)
    if x.dtype.itemsize in (4, 8):
        same = FLOATS[x.dtype.itemsize == 8]
        return kernel(x.view(same), *options).view(x.dtype)
    return kernel(x.astype(np.float32), *options).astype(x.dtype)


def channel_shuffle(input: TensorLike, groups: int) -> Tensor:
    """The channels of g groups in turns: the first of each group, then the second of each.

    Parameters
    ----------
    input
        x, (N, C, *).
    groups
        g, which divides C.

    Returns
    -------
    Tensor
        y, (N, C, *).

    Raises
    ------
    ValueError
        C is no multiple of g.

    References
    ----------
    Zhang et al., ShuffleNet, CVPR 2018.

    Examples
    --------
    >>> F.channel_shuffle(fastnn.arange(4.0).reshape(1, 4, 1, 1), 2).flatten().tolist()
    [0.0, 2.0, 1.0, 3.0]
    """
    x = array(input)
    if not hasattr(groups, "__index__"):
        raise TypeError(f"channel_shuffle: groups must be an int, got {type(groups).__name__}")
    groups = groups.__index__()
    if x.ndim < 3:
        raise ValueError(f"channel_shuffle: input must have shape (N, C, *), got {x.shape}")
    if groups < 1 or x.shape[1] % groups:
        raise ValueError(
            f"channel_shuffle: groups must be positive and divide the {x.shape[1]} channels, got "
            f"{groups}"
        )
    other = x.shape[1] // groups
    return record(in_turns(x, groups), channel_shuffle_backward, (input,), other)


def channel_shuffle_backward(node: Node, dy: Array) -> Grads:
    (other,) = node.saved
    return (in_turns(dy, other),)


def in_turns(x: Array, groups: int) -> Array:
    """(N, g · k, *) with the channels of groups g in turns."""
    if x.ndim <= 5:
        return as_bits(_core.channel_shuffle, x, groups)
    flat = x.reshape(*x.shape[:2], prod(x.shape[2:]))
    return as_bits(_core.channel_shuffle, flat, groups).reshape(x.shape)
