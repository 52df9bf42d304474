"""Sizes and values of samples."""

from __future__ import annotations

import numpy as np

W = 16  # the widest vector in floats; sizes around it test the tails


SIZES = (0, 1, W - 1, W, W + 1, 2 * W + 3, 100)


def numbers(*shape: int, low: float = -2.0, high: float = 2.0, seed: int = 0) -> np.ndarray:
    """Uniform float64 numbers from a fixed seed."""
    return np.asarray(np.random.Generator(np.random.PCG64(seed)).uniform(low, high, shape))


def away_from(x: np.ndarray, *kinks: float, by: float = 1e-3) -> np.ndarray:
    """`x` with every element at least `by` away from the kinks of a function."""
    for kink in kinks:
        near = np.abs(x - kink) < by
        x = np.where(near, kink + 2 * by, x)
    return x
