"""Max pooling: inputs, and answers in float64 NumPy. A size is (N, C, H, K, stride, padding)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .inputs import Array, normal, sample


def out_size(size: Sequence[int]) -> int:
    """Height and width of the output."""
    _, _, h, kernel, stride, padding = size
    return (h + 2 * padding - kernel) // stride + 1


def arrays(size: Sequence[int]) -> tuple[Array, Array]:
    """Images, and the gradient of the output."""
    n, c, h, *_ = size
    j = out_size(size)
    return normal(90, n, c, h, h), normal(91, n, c, j, j)


def elements(size: Sequence[int]) -> tuple[int, int]:
    """Numbers of elements of input and output."""
    n, c, h, *_ = size
    return n * c * h * h, n * c * out_size(size) ** 2


def answer(y: Any, dx: Any) -> Any:
    """Samples of the output and of the gradient."""
    return np.concatenate([sample(y), sample(dx)])


def step_answer(size: Sequence[int]) -> NDArray[np.float64]:
    """Computed by position in the window; the first of equal maxima gets the gradient."""
    _, _, h, kernel, stride, padding = size
    x, dy = (a.astype(np.float64) for a in arrays(size))
    pad = ((0, 0), (0, 0), (padding, padding), (padding, padding))
    padded = np.pad(x, pad, constant_values=-np.inf)
    last = stride * (out_size(size) - 1) + 1
    places = [
        (..., slice(i, i + last, stride), slice(j, j + last, stride))
        for i in range(kernel)
        for j in range(kernel)
    ]
    winner = np.argmax([padded[place] for place in places], 0)
    dx = np.zeros_like(padded)
    for k, place in enumerate(places):
        dx[place] += np.where(winner == k, dy, 0)
    y = np.max([padded[place] for place in places], 0)
    inside = slice(padding, padding + h)
    return np.asarray(answer(y, dx[..., inside, inside]))
