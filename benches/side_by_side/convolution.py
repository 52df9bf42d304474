"""Convolutions: inputs, answers in float64 NumPy, and the values to compare.

A size is (N, C, H, O, K, stride, padding, groups): square images and kernels, no bias.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .inputs import Array, normal, sample

Float64 = NDArray[np.float64]


def out_size(size: Sequence[int]) -> int:
    """Height and width of the output."""
    _, _, h, _, k, stride, padding, _ = size
    return (h + 2 * padding - k) // stride + 1


def arrays(size: Sequence[int]) -> tuple[Array, Array, Array]:
    """Images, weights that give outputs of about 1, and the gradient of the output."""
    n, c, h, o, k, _, _, groups = size
    fan_in = c // groups * k * k
    weight = normal(81, o, c // groups, k, k) * np.float32(fan_in**-0.5)
    j = out_size(size)
    return normal(80, n, c, h, h), weight, normal(82, n, o, j, j)


def channels_last(x: Array) -> Array:
    """The same images in channels-last memory, like activations inside a network."""
    return np.ascontiguousarray(x.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)


def flops(size: Sequence[int]) -> float:
    """Operations of a forward pass; each gradient takes as many."""
    n, c, _, o, k, _, _, groups = size
    return 2.0 * n * o * out_size(size) ** 2 * (c // groups) * k * k


def elements(size: Sequence[int]) -> tuple[int, int, int]:
    """Numbers of elements of input, weight and output."""
    n, c, h, o, k, _, _, groups = size
    return n * c * h * h, o * (c // groups) * k * k, n * o * out_size(size) ** 2


def answer(y: Any, dx: Any, dw: Any, size: Sequence[int]) -> Any:
    """Samples of the output and of the available gradients, scaled to similar magnitudes."""
    n, c, _, o, *_ = size
    pixels = n * out_size(size) ** 2
    parts = [sample(y)]
    if dx is not None:
        parts.append(sample(dx) * (c / o) ** 0.5)
    return np.concatenate([*parts, np.asarray(dw).reshape(-1)[::7] / pixels**0.5])


def patches(x: Any, size: Sequence[int], row: int, column: int) -> Any:
    """The inputs that one kernel element multiplies, (groups, C / groups, J, J)."""
    j, stride = out_size(size), size[5]
    end = (j - 1) * stride + 1
    seen = x[:, row : row + end : stride, column : column + end : stride]
    return seen.reshape(size[7], -1, j, j)


def products(text: str, a: Any, b: Any) -> Any:
    """Sums of products of two arrays, as matrix products."""
    return np.einsum(text, a, b, optimize=True)


def forward(size: Sequence[int]) -> Float64:
    """The output, computed by image and kernel element."""
    n, _, _, o, k, _, _, groups = size
    x, w, _ = arrays(size)
    taps = w.astype(np.float64).reshape(groups, -1, *w.shape[1:])
    j = out_size(size)
    y = np.zeros((n, o, j, j))
    for image, out in zip(x, y):
        padded = pad(image, size)
        for at in np.ndindex(k, k):
            part = products("goc,gchw->gohw", taps[(..., *at)], patches(padded, size, *at))
            out += part.reshape(out.shape)
    return y


def data_gradient(size: Sequence[int]) -> Float64:
    """The gradient of the input."""
    _, _, h, _, k, stride, padding, groups = size
    x, w, dy = arrays(size)
    taps = w.astype(np.float64).reshape(groups, -1, *w.shape[1:])
    j = out_size(size)
    end, inner = (j - 1) * stride + 1, slice(padding, padding + h)
    dx = np.zeros(x.shape)
    for slope, out in zip(dy.astype(np.float64), dx):
        padded = pad(np.zeros_like(out), size)
        slopes = slope.reshape(groups, -1, j, j)
        for row, column in np.ndindex(k, k):
            part = products("goc,gohw->gchw", taps[..., row, column], slopes)
            padded[:, row : row + end : stride, column : column + end : stride] += part.reshape(
                -1, j, j
            )
        out[...] = padded[:, inner, inner]
    return dx


def weight_gradient(size: Sequence[int]) -> Float64:
    """The gradient of the weight."""
    k, groups = size[4], size[7]
    x, w, dy = arrays(size)
    j = out_size(size)
    dw = np.zeros(w.shape)
    for image, slope in zip(x, dy.astype(np.float64)):
        padded, slopes = pad(image, size), slope.reshape(groups, -1, j, j)
        for at in np.ndindex(k, k):
            part = products("gohw,gchw->goc", slopes, patches(padded, size, *at))
            dw[(..., *at)] += part.reshape(dw.shape[:2])
    return dw


def pad(image: Any, size: Sequence[int]) -> Float64:
    """An image in float64, padded with zeros."""
    width = (size[6], size[6])
    padded: Float64 = np.pad(image.astype(np.float64), [(0, 0), width, width])
    return padded


def reference(size: Sequence[int]) -> tuple[Float64, Float64, Float64]:
    """Output and gradients."""
    return forward(size), data_gradient(size), weight_gradient(size)


def step_answer(size: Sequence[int]) -> Float64:
    """The answer of forward and backward."""
    found: Float64 = answer(*reference(size), size)
    return found


def first_answer(size: Sequence[int]) -> Float64:
    """The same without the gradient of the images."""
    found: Float64 = answer(forward(size), None, weight_gradient(size), size)
    return found


# Benchmarks of one part: its function, and a sample of the result.
PARTS = {"conv_infer": forward, "conv_data": data_gradient, "conv_weight": weight_gradient}


def part_answer(kind: str, size: Sequence[int]) -> Float64:
    """A sample of the output or of a gradient."""
    found: Float64 = sample(PARTS[kind](size))
    return found
