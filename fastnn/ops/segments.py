"""Reductions of pieces of a tensor along its first dimension."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd.record import array
from ..tensor import Tensor, TensorLike
from .create.filled import full
from .elementwise.arithmetic import div
from .elementwise.choose import where
from .index.reduced import index_reduce
from .index.slices import index_add
from .shape import axis_of

__all__ = ["segment_reduce"]

# Where a segment starts: what changes no element.
START = {"sum": 0.0, "mean": 0.0, "prod": 1.0, "max": -np.inf, "min": np.inf}
WORD = {"prod": "prod", "max": "amax", "min": "amin"}


def segment_reduce(
    data: TensorLike,
    reduce: str,
    *,
    lengths: TensorLike | None = None,
    offsets: TensorLike | None = None,
    axis: int = 0,
    unsafe: bool = False,
    initial: float | None = None,
) -> Tensor:
    """The sum, mean, product or extreme of each of some segments of the first dimension.

    Parameters
    ----------
    data
        Floats, (N, ...).
    reduce
        ``"sum"``, ``"mean"``, ``"prod"``, ``"max"`` or ``"min"``.
    lengths
        How many elements each segment has, (S,), N in all; or
    offsets
        where each begins, and where the last ends, (S + 1,).
    axis
        0: there is no other.
    unsafe
        Accepted for compatibility with PyTorch: lengths are checked anyway.
    initial
        What segments start with; without, an empty one is 0, 1 or infinite, and its mean NaN.

    Returns
    -------
    Tensor
        (S, ...)

    Examples
    --------
    >>> x = fastnn.tensor([1.0, 2.0, 3.0])
    >>> fastnn.segment_reduce(x, "sum", lengths=fastnn.tensor([2, 1]))
    tensor([3., 3.])
    """
    x = array(data)
    if reduce not in START:
        raise ValueError(f"segment_reduce: reduce must be one of {list(START)}, got {reduce!r}")
    if x.dtype.kind != "f" or x.ndim == 0:
        raise TypeError(f"segment_reduce: expected floats (N, ...), got {x.dtype} {x.shape}")
    if axis_of("segment_reduce", axis, x.ndim, "axis") != 0:
        raise ValueError(f"segment_reduce: axis must be 0, got {axis}")
    if (lengths is None) == (offsets is None):
        raise ValueError("segment_reduce: expected either lengths or offsets")
    given: Any = offsets if lengths is None else lengths
    sizes = np.diff(array(given)) if lengths is None else array(given)
    if sizes.ndim != 1 or sizes.dtype.kind not in "iu" or (sizes < 0).any():
        raise ValueError("segment_reduce: lengths must be integers from 0 in one dimension")
    if sizes.sum() != len(x):
        raise ValueError(
            f"segment_reduce: lengths add up to {sizes.sum()}, but there are {len(x)} elements"
        )
    places = np.repeat(np.arange(len(sizes)), sizes)
    start = START[reduce] if initial is None else float(initial)
    y = full((len(sizes), *x.shape[1:]), start, dtype=x.dtype)
    if reduce not in ("sum", "mean"):
        return index_reduce(y, 0, places, data, WORD[reduce])
    total = index_add(y, 0, places, data)
    if reduce == "sum":
        return total
    counts = sizes.reshape(-1, *[1] * (x.ndim - 1)).astype(x.dtype)
    empty = np.nan if initial is None else float(initial)
    return where(counts == 0, empty, div(total, np.maximum(counts, 1)))
