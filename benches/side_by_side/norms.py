"""Norms of images: inputs, answers in float64 NumPy, and the values to compare.

A size is (N, C, H): square images. Group norm has groups of two channels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .inputs import Array, normal, sample

Float64 = NDArray[np.float64]
KINDS = {
    "batch_norm": "BatchNorm2d",
    "batch_norm_relu": "BatchNorm2d+ReLU",
    "group_norm": "GroupNorm",
    "instance_norm": "InstanceNorm2d",
}


def arrays(size: Sequence[int]) -> tuple[Array, Array, Array, Array]:
    """Images, the gradient of the output, weight and bias."""
    n, c, h = size
    return normal(90, n, c, h, h), normal(91, n, c, h, h), normal(92, c), normal(93, c)


def layer(nn: Any, kind: str, channels: int) -> Any:
    """The layer of `fastnn.nn` or `torch.nn`."""
    if kind == "group_norm":
        return nn.GroupNorm(channels // 2, channels)
    if kind == "instance_norm":
        return nn.InstanceNorm2d(channels, affine=True)
    return nn.BatchNorm2d(channels)


def answer(y: Any, dx: Any, dw: Any) -> Any:
    """Samples of the output and of the gradient of the input, and that of the weight."""
    return np.concatenate([sample(y), sample(dx), np.asarray(dw) / 100])


def reference(kind: str) -> Callable[[Sequence[int]], Float64]:
    """Forward and backward by the formula."""

    def run(size: Sequence[int]) -> Float64:
        n, c, h = size
        x, dy, w, b = (a.astype(np.float64) for a in arrays(size))
        parts = {"group_norm": c // 2, "instance_norm": c}.get(kind)
        # (sets, channels per set, elements): statistics are over the last two.
        if parts is None:
            split = lambda a: a.transpose(1, 0, 2, 3).reshape(c, 1, -1)  # noqa: E731
            join = lambda a: a.reshape(c, n, h, h).transpose(1, 0, 2, 3)  # noqa: E731
        else:
            split = lambda a: a.reshape(n * parts, c // parts, -1)  # noqa: E731
            join = lambda a: a.reshape(n, c, h, h)  # noqa: E731
        rows = split(x)
        mean = rows.mean((1, 2), keepdims=True)
        r = 1 / np.sqrt(((rows - mean) ** 2).mean((1, 2), keepdims=True) + 1e-5)
        normal = (rows - mean) * r
        y = join(normal) * w[:, None, None] + b[:, None, None]
        if kind == "batch_norm_relu":
            dy, y = np.where(y > 0, dy, 0), np.maximum(y, 0)
        dw = (dy * join(normal)).sum((0, 2, 3))
        g = split(dy * w[:, None, None])
        along, across = g.mean((1, 2), keepdims=True), (g * normal).mean((1, 2), keepdims=True)
        found: Float64 = answer(y, join(r * (g - along - normal * across)), dw)
        return found

    return run
