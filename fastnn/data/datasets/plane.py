"""Classes of points in the plane, none of which a line separates."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...random import Generator
from ..checks import check_real
from ..draws import generator_of
from ..sampler import positive
from .labelled import LabelledDataset

__all__ = ["make_circles", "make_moons", "make_spirals", "make_xor"]

Array = np.ndarray[Any, np.dtype[Any]]


def points(
    op: str,
    n_samples: int,
    classes: int,
    noise: float,
    generator: Any,
    place: Callable[[Array, Array, np.random.Generator], Array],
) -> LabelledDataset:
    """Points of classes of nearly equal size, in random order.

    `place` says where the points of classes are whose positions along their curve are from 0 to 1.
    """
    count = positive(op, "n_samples", n_samples)
    check_real(op, "noise", noise, 0)
    draw = generator_of(op, generator).numpy
    sizes = [len(range(k, count, classes)) for k in range(classes)]
    y = np.repeat(np.arange(classes), sizes)
    t = np.concatenate([np.linspace(0, 1, n) for n in sizes])
    x = place(t, y, draw)
    x += noise * draw.standard_normal(x.shape)
    order = draw.permutation(count)
    return LabelledDataset(
        x[order].astype(np.float32), y[order], [str(k) for k in range(classes)], ["x", "y"]
    )


def make_moons(
    n_samples: int = 100, noise: float = 0.1, generator: Generator | int | None = None
) -> LabelledDataset:
    """Make two half circles that reach into each other.

    With t evenly from 0 to π, class 0 is (cos t, sin t) and class 1 is (1 − cos t, ½ − sin t).

    Parameters
    ----------
    n_samples
        Points in all, half of them in each class.
    noise
        Standard deviation of what is added to each coordinate.
    generator
        Random number generator, or a seed for one.

    Returns
    -------
    LabelledDataset
        float32 inputs of shape (n_samples, 2), int64 classes, in random order.

    Raises
    ------
    ValueError
        If `n_samples` is not a positive integer, or `noise` is negative.

    Examples
    --------
    >>> x, y = fastnn.data.datasets.make_moons(4, noise=0, generator=0).tensors
    >>> sorted(zip(y.tolist(), x.numpy().round(3).tolist()))
    [(0, [-1.0, 0.0]), (0, [1.0, 0.0]), (1, [0.0, 0.5]), (1, [2.0, 0.5])]
    """

    def place(t: Array, y: Array, draw: np.random.Generator) -> Array:
        u, v = np.cos(np.pi * t), np.sin(np.pi * t)
        return np.stack([np.where(y == 0, u, 1 - u), np.where(y == 0, v, 0.5 - v)], 1)

    return points("make_moons", n_samples, 2, noise, generator, place)


def make_circles(
    n_samples: int = 100,
    noise: float = 0.05,
    factor: float = 0.5,
    generator: Generator | int | None = None,
) -> LabelledDataset:
    """Make a circle within another one.

    Class 0 lies on the circle of radius 1, class 1 on that of radius `factor`.

    Parameters
    ----------
    n_samples
        Points in all, half of them in each class.
    noise
        Standard deviation of what is added to each coordinate.
    factor
        The inner radius, from 0 to 1.
    generator
        Random number generator, or a seed for one.

    Returns
    -------
    LabelledDataset
        float32 inputs of shape (n_samples, 2), int64 classes, in random order.

    Raises
    ------
    ValueError
        If an argument is out of its range.

    Examples
    --------
    >>> x, y = fastnn.data.datasets.make_circles(6, noise=0).tensors
    >>> x.norm(dim=1)[y == 1].tolist()
    [0.5, 0.5, 0.5]
    """
    check_real("make_circles", "factor", factor, 0, 1)

    def place(t: Array, y: Array, draw: np.random.Generator) -> Array:
        radius = np.where(y == 0, 1.0, factor)
        turn = 2 * np.pi * t * (1 - 1 / np.bincount(y)[y])  # the last point is not the first again
        return np.stack([radius * np.cos(turn), radius * np.sin(turn)], 1)

    return points("make_circles", n_samples, 2, noise, generator, place)


def make_spirals(
    n_samples: int = 200,
    noise: float = 0.02,
    arms: int = 2,
    turns: float = 1.5,
    generator: Generator | int | None = None,
) -> LabelledDataset:
    """Make spirals that wind around each other.

    The points of arm k are t · (cos φ, sin φ) with φ = 2π (turns · t + k / arms), t evenly from 0.1
    to 1.

    Parameters
    ----------
    n_samples
        Points in all, divided evenly among the arms.
    noise
        Standard deviation of what is added to each coordinate.
    arms
        Number of spirals, each of which is a class.
    turns
        How often each winds around the centre.
    generator
        Random number generator, or a seed for one.

    Returns
    -------
    LabelledDataset
        float32 inputs of shape (n_samples, 2), int64 classes, in random order.

    Raises
    ------
    ValueError
        If an argument is out of its range.

    Examples
    --------
    >>> fastnn.data.datasets.make_spirals(90, arms=3).targets.bincount()
    tensor([30, 30, 30])
    """
    arms = positive("make_spirals", "arms", arms)
    check_real("make_spirals", "turns", turns, 0)

    def place(t: Array, y: Array, draw: np.random.Generator) -> Array:
        radius = 0.1 + 0.9 * t
        turn = 2 * np.pi * (turns * radius + y / arms)
        return np.stack([radius * np.cos(turn), radius * np.sin(turn)], 1)

    return points("make_spirals", n_samples, arms, noise, generator, place)


def make_xor(
    n_samples: int = 200, noise: float = 0.0, generator: Generator | int | None = None
) -> LabelledDataset:
    """Make points in a square whose class is whether their coordinates differ in sign.

    Coordinates are drawn evenly from −1 to 1, class 0 where both have one sign.

    Parameters
    ----------
    n_samples
        Points in all, half of them in each class.
    noise
        Standard deviation of what is added to each coordinate, after its class was taken.
    generator
        Random number generator, or a seed for one.

    Returns
    -------
    LabelledDataset
        float32 inputs of shape (n_samples, 2), int64 classes, in random order.

    Raises
    ------
    ValueError
        If `n_samples` is not a positive integer, or `noise` is negative.

    Examples
    --------
    >>> x, y = fastnn.data.datasets.make_xor(50).tensors
    >>> ((x[:, 0] * x[:, 1] < 0) == y).all()
    tensor(True)
    """

    def place(t: Array, y: Array, draw: np.random.Generator) -> Array:
        x = 1 - draw.random((len(y), 2))  # without 0, which has no sign
        side = np.where(draw.integers(0, 2, len(y)) == 0, 1.0, -1.0)
        return np.stack([side * x[:, 0], np.where(y == 0, side, -side) * x[:, 1]], 1)

    return points("make_xor", n_samples, 2, noise, generator, place)
