"""Sampling of images at points, in float64 NumPy, one point after the other."""

import itertools
import math

import numpy as np

from .resample import cubic


def unnormalized(u, size, align_corners):
    """From -1 ... 1 to places."""
    return (u + 1) / 2 * (size - 1) if align_corners else ((u + 1) * size - 1) / 2


def moved(s, size, padding_mode, align_corners):
    """Into the image."""
    if padding_mode == "zeros":
        return s
    if padding_mode == "reflection":
        low, high = (0, size - 1) if align_corners else (-0.5, size - 0.5)
        while low < high and not low <= s <= high:
            s = 2 * low - s if s < low else 2 * high - s
        if low == high:
            s = low
    return min(max(s, 0), size - 1)


def taps(u, size, mode, padding_mode, align_corners):
    """(place, weight) along one axis; places outside have no value."""
    s = unnormalized(u, size, align_corners)
    if mode == "bicubic":
        first = math.floor(s)
        found = [
            (moved(i, size, padding_mode, align_corners), cubic(s - i))
            for i in range(first - 1, first + 3)
        ]
    else:
        s = moved(s, size, padding_mode, align_corners)
        first = math.floor(s)
        found = [(first, first + 1 - s), (first + 1, s - first)]
        if mode == "nearest":
            found = [(round(s), 1)]
    return [(int(i), w) for i, w in found if 0 <= i < size]


def grid_sample(x, grid, mode="bilinear", padding_mode="zeros", align_corners=False):
    y = np.zeros((*x.shape[:2], *grid.shape[1:-1]))
    for n, *point in np.ndindex(*grid.shape[:-1]):
        axes = [
            taps(u, size, mode, padding_mode, align_corners)
            for u, size in zip(grid[(n, *point)][::-1], x.shape[2:])
        ]
        for chosen in itertools.product(*axes):
            place, weight = [i for i, _ in chosen], math.prod(w for _, w in chosen)
            y[(n, slice(None), *point)] += weight * x[(n, slice(None), *place)]
    return y


def affine_grid(theta, size, align_corners=False):
    n, _, *sizes = size
    grid = np.zeros((n, *sizes, len(sizes)))
    for i, *point in np.ndindex(*grid.shape[:-1]):
        at = [(2 * p + 1) / size - 1 for p, size in zip(point, sizes)]
        if align_corners:
            at = [2 * p / (size - 1) - 1 if size > 1 else 0 for p, size in zip(point, sizes)]
        grid[(i, *point)] = theta[i] @ [*at[::-1], 1]
    return grid
