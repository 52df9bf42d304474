"""Upsampling by 2: inputs, and answers in float64 NumPy. A size is (N, C, H), square images."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .inputs import Array, normal, sample

Float64 = NDArray[np.float64]
MODES = ("nearest", "bilinear")


def arrays(size: Sequence[int]) -> tuple[Array, Array]:
    """Images, and the gradient of the output."""
    n, c, h = size
    return normal(94, n, c, h, h), normal(95, n, c, 2 * h, 2 * h)


def answer(y: Any, dx: Any) -> Any:
    """Samples of the output and of the gradient."""
    return np.concatenate([sample(y), sample(dx)])


def matrix(mode: str, h: int) -> Float64:
    """The interpolation matrix of one axis, from input to output positions."""
    m = np.zeros((2 * h, h))
    for j in range(2 * h):
        if mode == "nearest":
            m[j, j // 2] = 1
        else:
            at = max((j + 0.5) / 2 - 0.5, 0)
            i = int(at)
            m[j, i] += 1 - (at - i)
            m[j, min(i + 1, h - 1)] += at - i
    return m


def outputs(mode: str) -> Callable[[Sequence[int]], Any]:
    """Samples of the output."""

    def run(size: Sequence[int]) -> Any:
        m = matrix(mode, size[2])
        return sample(m @ arrays(size)[0].astype(np.float64) @ m.T)

    return run


def step(mode: str) -> Callable[[Sequence[int]], Any]:
    """Forward and backward."""

    def run(size: Sequence[int]) -> Any:
        x, dy = (a.astype(np.float64) for a in arrays(size))
        m = matrix(mode, size[2])
        return answer(m @ x @ m.T, m.T @ dy @ m)

    return run
