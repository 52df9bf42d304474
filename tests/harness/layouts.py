"""The same array in different memory layouts."""

from __future__ import annotations

import numpy as np


def transposed(x: np.ndarray) -> np.ndarray:
    """Axes in reverse memory order."""
    return np.asfortranarray(x).reshape(x.shape)


def strided(x: np.ndarray) -> np.ndarray:
    """Gaps between the elements of every axis."""
    big = np.full([2 * n + 1 for n in x.shape], 77, x.dtype)
    view = big[(..., *[slice(1, None, 2)] * x.ndim)]
    view[...] = x
    return view


def reversed_axes(x: np.ndarray) -> np.ndarray:
    """Negative strides along every axis."""
    flip = tuple([slice(None, None, -1)] * x.ndim)
    return np.ascontiguousarray(x[flip])[flip] if x.ndim else x


def channels_last(x: np.ndarray) -> np.ndarray:
    """NCHW shape in NHWC memory; arrays of other ranks are unchanged."""
    return np.ascontiguousarray(x.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2) if x.ndim == 4 else x


def unaligned(x: np.ndarray) -> np.ndarray:
    """Memory that starts one byte past an aligned address."""
    raw = np.zeros(x.nbytes + 1, np.uint8)[1:]
    view = raw.view(x.dtype).reshape(x.shape) if x.nbytes else x
    view[...] = x
    return view


def broadcast(x: np.ndarray) -> np.ndarray:
    """The first slice of the first axis, repeated along it with stride 0."""
    return np.broadcast_to(x[:1].copy(), x.shape) if x.ndim and x.shape[0] else x


LAYOUTS = {
    "transposed": transposed,
    "strided": strided,
    "reversed": reversed_axes,
    "channels_last": channels_last,
    "unaligned": unaligned,
    "broadcast": broadcast,
}
