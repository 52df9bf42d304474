"""Convolutions: inputs, answers in float64 NumPy, and what is compared.

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
    """Rows, and columns, of the output."""
    _, _, h, _, k, stride, padding, _ = size
    return (h + 2 * padding - k) // stride + 1


def arrays(size: Sequence[int]) -> tuple[Array, Array, Array]:
    """Images, weights of which outputs are about 1, and the gradient of the output."""
    n, c, h, o, k, _, _, groups = size
    fan_in = c // groups * k * k
    weight = normal(81, o, c // groups, k, k) * np.float32(fan_in**-0.5)
    j = out_size(size)
    return normal(80, n, c, h, h), weight, normal(82, n, o, j, j)


def channels_last(x: Array) -> Array:
    """The same images, in memory as activations within a network lie."""
    return np.ascontiguousarray(x.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)


def flops(size: Sequence[int]) -> float:
    """Of a forward pass; as many again for each gradient."""
    n, c, _, o, k, _, _, groups = size
    return 2.0 * n * o * out_size(size) ** 2 * (c // groups) * k * k


def elements(size: Sequence[int]) -> tuple[int, int, int]:
    """Of input, weight and output."""
    n, c, h, o, k, _, _, groups = size
    return n * c * h * h, o * (c // groups) * k * k, n * o * out_size(size) ** 2


def answer(y: Any, dx: Any, dw: Any, size: Sequence[int]) -> Any:
    """Samples of the output and of the gradients there are, of about the same magnitude."""
    n, c, _, o, *_ = size
    pixels = n * out_size(size) ** 2
    parts = [sample(y)]
    if dx is not None:
        parts.append(sample(dx) * (c / o) ** 0.5)
    return np.concatenate([*parts, np.asarray(dw).reshape(-1)[::7] / pixels**0.5])


def patches(x: Float64, size: Sequence[int], row: int, column: int) -> Any:
    """What one element of the kernel meets, (N, C, J, J), in padded images."""
    j, stride = out_size(size), size[5]
    end = (j - 1) * stride + 1
    return x[:, :, row : row + end : stride, column : column + end : stride]


def reference(size: Sequence[int]) -> tuple[Float64, Float64, Float64]:
    """Output and gradients, one element of the kernel at a time."""
    n, _, h, o, k, _, padding, groups = size
    x, w, dy = (a.astype(np.float64) for a in arrays(size))
    x = np.pad(x, [(0, 0), (0, 0), (padding, padding), (padding, padding)])
    y, dx, dw = np.zeros_like(dy), np.zeros_like(x), np.zeros_like(w)
    split = (groups, -1)
    weights = w.reshape(*split, *w.shape[1:])
    slopes = dy.reshape(n, *split, *dy.shape[2:])
    for row in range(k):
        for column in range(k):
            seen = patches(x, size, row, column)
            seen = seen.reshape(n, *split, *seen.shape[2:])
            tap = weights[..., row, column]
            options = {"optimize": True}
            y += np.einsum("ngchw,goc->ngohw", seen, tap, **options).reshape(y.shape)
            dw[..., row, column] += np.einsum("ngchw,ngohw->goc", seen, slopes, **options).reshape(
                o, -1
            )
            back = patches(dx, size, row, column)
            back += np.einsum("ngohw,goc->ngchw", slopes, tap, **options).reshape(back.shape)
    inner = slice(padding, padding + h)
    return y, dx[:, :, inner, inner], dw


def step_answer(size: Sequence[int]) -> Float64:
    """The answer of forward and backward."""
    found: Float64 = answer(*reference(size), size)
    return found


def first_answer(size: Sequence[int]) -> Float64:
    """The same where images need no gradient."""
    y, _, dw = reference(size)
    found: Float64 = answer(y, None, dw, size)
    return found


def infer_answer(size: Sequence[int]) -> Float64:
    """A sample of the output."""
    found: Float64 = sample(reference(size)[0])
    return found
