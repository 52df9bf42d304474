"""Sums of lists of arrays in place, each in one call of the kernel of `SGD`."""

from __future__ import annotations

import numpy as np

from .. import _core
from ..autograd.record import Array


def add_scaled(y: list[Array], x: list[Array], alpha: float) -> None:
    """``y += alpha * x``."""
    sgd(y, x, lr=-alpha, weight_decay=0, maximize=0)


def interpolate(y: list[Array], x: list[Array], weight: float) -> None:
    """``y += weight * (x - y)``: a step for the gradient -x with a weight decay of 1."""
    sgd(y, x, lr=weight, weight_decay=1, maximize=1)


def sgd(y: list[Array], x: list[Array], lr: float, weight_decay: float, maximize: float) -> None:
    """A step of SGD without momentum."""
    hyper = np.array([[lr, 0, 0, weight_decay, 0, maximize]], np.float64)
    _core.sgd_step(y, x, None, None, [len(y)], hyper)
