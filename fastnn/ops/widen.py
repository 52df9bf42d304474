"""Types that have no kernels, taken to wider ones that have, and back."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import _core
from ..autograd.record import Array

__all__: list[str] = []  # for the operations of this package


def widened(x: Array) -> Array:
    """In a type in which kernels add: the small types in float32 or int64."""
    if x.dtype.char in "fdlqi":
        return x
    return x.astype(np.int64 if x.dtype.kind in "iub" else np.float32)


def narrowed(y: Array, dtype: np.dtype[Any]) -> Array:
    """The result of a kernel in the type of what was widened for it."""
    return y if y.dtype == dtype else _core.astype(y, np.empty(0, dtype))


def total(dy: Array, dtype: np.dtype[Any]) -> Array:
    """The gradient of one value that was put in many places."""
    wide = widened(dy)
    return narrowed(np.asarray(_core.sum(wide)), dtype)
