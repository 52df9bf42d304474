"""Samples that are mixed with others of their batch, and so are their targets."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...random import Generator
from ...tensor import Tensor
from ..checks import check_real
from ..sampler import positive
from .transform import Array, RandomTransform, array_of, like

__all__ = ["CutMix", "MixUp"]


class Mixing(RandomTransform):
    """Mixes each sample of a batch with one that a permutation assigns to it."""

    def __init__(
        self,
        num_classes: int | None,
        alpha: float,
        channels_last: bool,
        generator: Generator | int | None,
    ) -> None:
        super().__init__(generator, channels_last)
        op = type(self).__name__
        self.num_classes = None if num_classes is None else positive(op, "num_classes", num_classes)
        self.alpha = check_real(op, "alpha", alpha, 0)
        if not self.alpha:
            raise ValueError(f"{op}: alpha must be above 0, got {alpha!r}")

    def __call__(self, x: Any, target: Any = None) -> tuple[Any, Any]:
        op = type(self).__name__
        if target is None:
            raise TypeError(f"{op}: targets are mixed too; call it with x and target")
        array, classes = array_of(op, "x", x), array_of(op, "target", target)
        if len(array) != len(classes):
            raise ValueError(
                f"{op}: x and target must have equal lengths, got {len(array)} and {len(classes)}"
            )
        shares = shares_of(op, classes, self.num_classes)
        self.check(array)
        partners = self.draw.permutation(len(array))
        weight = float(self.draw.beta(self.alpha, self.alpha))
        out, weight = self.mixed(array, partners, weight)
        shares = shares * shares.dtype.type(weight) + shares[partners] * shares.dtype.type(
            1 - weight
        )
        return like(x, out), Tensor(shares) if isinstance(x, Tensor) else like(target, shares)

    def check(self, x: Array) -> None:
        """Raise unless the inputs can be mixed."""
        raise NotImplementedError(f"{type(self).__name__}: define check(x)")

    def mixed(self, x: Array, partners: Array, weight: float) -> tuple[Array, float]:
        """The mixed inputs, and the weight of those themselves in them."""
        raise NotImplementedError(f"{type(self).__name__}: define mixed(x, partners, weight)")


class MixUp(Mixing):
    """Add each sample and another one of its batch, with weights that add up to 1.

    x' = λ x + (1 − λ) x[π] and y' = λ y + (1 − λ) y[π], with one λ from Beta(α, α) and one
    permutation π for each batch.

    Parameters
    ----------
    num_classes
        Number of classes of targets that are class numbers, (N,), which become shares,
        (N, num_classes). None for targets that are shares or quantities, of floats.
    alpha
        Of the distribution of λ, above 0: the smaller, the nearer is λ to 0 or 1.
    generator
        Random number generator, or a seed for one; by default that of `fastnn.manual_seed`.

    Raises
    ------
    TypeError
        If it is called without targets, or inputs are not floats: normalize images before.
    ValueError
        If an argument is out of its range, or lengths or shapes do not fit.
    IndexError
        If a target is no class number.

    Notes
    -----
    From H. Zhang et al., mixup: Beyond empirical risk minimization (2018). `cross_entropy` takes
    shares as targets.

    Examples
    --------
    >>> mix = fastnn.data.transforms.MixUp(num_classes=3)
    >>> x, y = mix(fastnn.rand(4, 2), fastnn.tensor([0, 2, 1, 1]))
    >>> y.shape, bool((y.sum(1) - 1).abs().max() < 1e-6)
    ((4, 3), True)
    """

    def __init__(
        self,
        num_classes: int | None = None,
        alpha: float = 1.0,
        generator: Generator | int | None = None,
    ) -> None:
        super().__init__(num_classes, alpha, False, generator)

    def check(self, x: Array) -> None:
        """Raise TypeError unless the inputs are floats."""
        if x.dtype.kind != "f":
            raise TypeError(f"MixUp: x must be of floats, got {x.dtype}; normalize it before")

    def mixed(self, x: Array, partners: Array, weight: float) -> tuple[Array, float]:
        """The mixed inputs, and the weight of those themselves in them."""
        out = x * x.dtype.type(weight)
        out += x[partners] * x.dtype.type(1 - weight)
        return out, weight


class CutMix(Mixing):
    """Replace a rectangle of each image by that of another one of its batch.

    Its sides are √(1 − λ) of the image's, its centre any pixel, and what lies outside is cut off;
    targets are mixed by areas: y' = λ' y + (1 − λ') y[π], with λ' the share of pixels that stay.
    λ, from Beta(α, α), the rectangle and the permutation π are the same for the whole batch.

    Parameters
    ----------
    num_classes
        As for `MixUp`.
    alpha
        Of the distribution of λ, above 0.
    channels_last
        Whether images are (N, H, W, C) instead of (N, C, H, W).
    generator
        Random number generator, or a seed for one; by default that of `fastnn.manual_seed`.

    Raises
    ------
    TypeError
        If it is called without targets.
    ValueError
        If an argument is out of its range, or lengths or shapes do not fit.
    IndexError
        If a target is no class number.

    Notes
    -----
    From S. Yun et al., CutMix: Regularization strategy to train strong classifiers with localizable
    features (2019).

    Examples
    --------
    >>> mix = fastnn.data.transforms.CutMix(num_classes=2, generator=0)
    >>> x = np.stack([np.zeros((1, 4, 4)), np.ones((1, 4, 4))])
    >>> x, y = mix(x, np.array([0, 1]))
    >>> bool(np.allclose(x.mean((1, 2, 3)), y[:, 1]))
    True
    """

    def __init__(
        self,
        num_classes: int | None = None,
        alpha: float = 1.0,
        channels_last: bool = False,
        generator: Generator | int | None = None,
    ) -> None:
        super().__init__(num_classes, alpha, channels_last, generator)

    def check(self, x: Array) -> None:
        """Raise ValueError unless the inputs are images."""
        if not min(self.images_of(x)):
            raise ValueError(f"CutMix: images must have pixels, got shape {x.shape}")

    def mixed(self, x: Array, partners: Array, weight: float) -> tuple[Array, float]:
        """The mixed images, and the share of pixels that stay."""
        spans, area, pixels = [], 1, 1
        for n in self.images_of(x):
            size, centre = round(n * np.sqrt(1 - weight)), int(self.draw.integers(n))
            begin, end = max(centre - size // 2, 0), min(centre - size // 2 + size, n)
            spans.append(slice(begin, end))
            area, pixels = area * (end - begin), pixels * n
        part = (slice(None), *([] if self.channels_last else [slice(None)]), *spans)
        out = x.copy()
        out[part] = x[part][partners]
        return out, 1 - area / pixels


def shares_of(op: str, target: Array, num_classes: int | None) -> Array:
    """Targets as floats, one-hot for class numbers."""
    if target.dtype.kind == "f":
        if num_classes is not None and target.shape[1:] != (num_classes,):
            raise ValueError(
                f"{op}: targets of floats must be shares, (N, {num_classes}), got shape "
                f"{target.shape}"
            )
        return target
    if num_classes is None:
        raise ValueError(f"{op}: targets are class numbers, of {target.dtype}; pass num_classes")
    if target.ndim != 1 or target.dtype.kind not in "iu":
        raise ValueError(
            f"{op}: targets must be class numbers, (N,), got {target.dtype} of shape {target.shape}"
        )
    bad = np.flatnonzero((target < 0) | (target >= num_classes))
    if bad.size:
        raise IndexError(
            f"{op}: target {bad[0]} is {target[bad[0]]}, class numbers go from 0 to "
            f"{num_classes - 1}"
        )
    out = np.zeros((len(target), num_classes), np.float32)
    out[np.arange(len(target)), target] = 1
    return out
