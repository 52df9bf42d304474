"""Poolings."""

from __future__ import annotations

import math

import numpy as np

from ... import ops
from ...tensor import Tensor
from .table import operator
from .windows import axes_of, numbers, padded, pads_of

MAX = {1: ops.max_pool1d, 2: ops.max_pool2d, 3: ops.max_pool3d}
AVERAGE = {1: ops.avg_pool1d, 2: ops.avg_pool2d, 3: ops.avg_pool3d}


@operator("MaxPool")
def max_pool(
    x: Tensor,
    *,
    outputs: int,
    kernel_shape: list[int],
    auto_pad: str = "NOTSET",
    ceil_mode: int = 0,
    dilations: list[int] | None = None,
    pads: list[int] | None = None,
    storage_order: int = 0,
    strides: list[int] | None = None,
) -> Tensor | tuple[Tensor, Tensor]:
    axes = axes_of(x)
    kernel = numbers("kernel_shape", kernel_shape, axes, 1)
    steps = numbers("strides", strides, axes, 1)
    dilation = numbers("dilations", dilations, axes, 1)
    before, after = pads_of(x, auto_pad, pads, kernel, steps, dilation)
    around = (0,) * axes
    if before == after and all(2 * p <= k for p, k in zip(before, kernel)):
        around = before
    elif outputs > 1:
        raise ValueError("indices with pads that differ cannot be loaded")
    else:
        x = padded(x, before, after, -math.inf)
    result = MAX[axes](x, kernel, steps, around, dilation, bool(ceil_mode), outputs > 1)
    if outputs == 1:
        y: Tensor = result
        return y
    if storage_order:
        raise ValueError("storage_order must be 0")
    # fastnn counts places in each channel, ONNX through all samples and channels.
    y, places = result
    n, c = x.shape[:2]
    first = np.arange(n * c).reshape(n, c, *[1] * axes) * math.prod(x.shape[2:])
    return y, ops.add(places, Tensor(first))


@operator("AveragePool")
def average_pool(
    x: Tensor,
    *,
    kernel_shape: list[int],
    auto_pad: str = "NOTSET",
    ceil_mode: int = 0,
    count_include_pad: int = 0,
    dilations: list[int] | None = None,
    pads: list[int] | None = None,
    strides: list[int] | None = None,
) -> Tensor:
    axes = axes_of(x)
    kernel = numbers("kernel_shape", kernel_shape, axes, 1)
    steps = numbers("strides", strides, axes, 1)
    if any(d != 1 for d in dilations or []):
        raise ValueError(f"dilations must be 1, got {dilations}")
    before, after = pads_of(x, auto_pad, pads, kernel, steps, (1,) * axes)
    count = bool(count_include_pad)
    pool = AVERAGE[axes]
    if before == after and all(2 * p <= k for p, k in zip(before, kernel)):
        return pool(x, kernel, steps, before, bool(ceil_mode), count)
    y = pool(padded(x, before, after, 0.0), kernel, steps, 0, bool(ceil_mode))
    if count:
        return y
    ones = ops.ones(1, 1, *x.shape[2:], dtype=x.dtype)
    return y / pool(padded(ones, before, after, 0.0), kernel, steps, 0, bool(ceil_mode))


@operator("GlobalAveragePool")
def global_average_pool(x: Tensor) -> Tensor:
    return ops.mean(x, tuple(range(2, 2 + axes_of(x))), True)


@operator("GlobalMaxPool")
def global_max_pool(x: Tensor) -> Tensor:
    return ops.amax(x, tuple(range(2, 2 + axes_of(x))), True)
