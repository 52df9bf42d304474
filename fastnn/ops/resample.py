"""Images, lines and volumes of another size."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor
from typing import Any, TypeAlias

from .. import _core
from ..autograd.record import Array, Grads, Node, array, record
from ..tensor import Tensor, TensorLike
from .pool.adaptive import adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d

__all__ = ["interpolate", "upsample", "upsample_bilinear", "upsample_nearest"]

Size: TypeAlias = "int | Sequence[int] | None"
Scale: TypeAlias = "float | Sequence[float] | None"

# Mode -> the kernel's, how many axes it is for, and whether corners may be aligned.
MODES = {
    "nearest": ("nearest", (1, 2, 3), False),
    "nearest-exact": ("nearest-exact", (1, 2, 3), False),
    "linear": ("linear", (1,), True),
    "bilinear": ("linear", (2,), True),
    "trilinear": ("linear", (3,), True),
    "bicubic": ("cubic", (2,), True),
    "area": ("", (1, 2, 3), False),
}
AREA = {1: adaptive_avg_pool1d, 2: adaptive_avg_pool2d, 3: adaptive_avg_pool3d}


def interpolate(
    input: TensorLike,
    size: Size = None,
    scale_factor: Scale = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Tensor:
    """The input at another size, each axis resampled by itself.

    Parameters
    ----------
    input
        x, (N, C, L), (N, C, H, W) or (N, C, D, H, W).
    size
        The size of the output without N and C: an int, or one for each axis.
    scale_factor
        Instead of `size`: how many times larger the output is, rounded down. A number, or one for
        each axis.
    mode
        ``"nearest"`` (which rounds down), ``"nearest-exact"``, ``"linear"`` for lines,
        ``"bilinear"`` and ``"bicubic"`` for images, ``"trilinear"`` for volumes, or ``"area"``, the
        average of what falls on each output.
    align_corners
        For the linear and cubic modes: let the centres of the first and of the last elements meet,
        instead of the outer edges.
    recompute_scale_factor
        Take the distances of outputs from the sizes instead of `scale_factor`, which differ where
        the size had to be rounded.
    antialias
        For the modes ``"bilinear"`` and ``"bicubic"``: where the output is smaller, average over
        the pixels that fall on each output instead of reading the nearest ones, as PIL does.

    Returns
    -------
    Tensor
        y, of the new size; in channels-last memory.

    Raises
    ------
    ValueError
        The mode does not fit the input, neither or both of `size` and `scale_factor` are given, or
        a size is less than 1.

    Examples
    --------
    >>> F.interpolate(fastnn.tensor([[[1.0, 2.0]]]), scale_factor=2)
    tensor([[[1., 1., 2., 2.]]])
    >>> F.interpolate(fastnn.tensor([[[1.0, 2.0]]]), size=3, mode="linear", align_corners=True)
    tensor([[[1. , 1.5, 2. ]]])
    >>> x = fastnn.tensor([[[[0.0, 0.0, 6.0, 0.0]]]])
    >>> F.interpolate(x, (1, 1), mode="bilinear").item()
    3.0
    >>> F.interpolate(x, (1, 1), mode="bilinear", antialias=True).item()
    1.75
    """
    x = array(input)
    axes = x.ndim - 2
    if mode not in MODES:
        known = ", ".join([repr(name) for name in MODES])
        raise ValueError(f"interpolate: mode must be one of {known}, got {mode!r}")
    kernel, possible, aligned = MODES[mode]
    if axes not in possible:
        counts = " or ".join([str(n + 2) for n in possible])
        raise ValueError(
            f"interpolate: input must have {counts} dimensions for mode {mode!r}, got shape "
            f"{x.shape}"
        )
    if align_corners is not None and not aligned:
        raise ValueError(f"interpolate: align_corners is not for mode {mode!r}; leave it out")
    if antialias and mode not in ("bilinear", "bicubic"):
        raise ValueError(
            f"interpolate: antialias is for modes 'bilinear' and 'bicubic', got {mode!r}"
        )
    out, scales = target_of(x, size, scale_factor, recompute_scale_factor)
    if mode == "area":
        return AREA[axes](input, out)
    options = (kernel, bool(align_corners), scales, bool(antialias))
    y = _core.interpolate(x, out, *options)
    return record(y, interpolate_backward, (input,), x.shape[2:], options)


def target_of(
    x: Array, size: Size, scale_factor: Scale, recompute: bool | None
) -> tuple[tuple[int, ...], tuple[float, ...] | None]:
    """The output's size, and the scales where they count instead of the sizes."""
    axes = x.ndim - 2
    if (size is None) == (scale_factor is None):
        raise ValueError("interpolate: give either size or scale_factor")
    if size is not None:
        if recompute:
            raise ValueError(
                "interpolate: recompute_scale_factor is for a scale_factor, not a size"
            )
        return each("size", size, axes), None
    scales = each("scale_factor", scale_factor, axes)
    for scale in scales:
        if not 0 < scale < float("inf"):
            raise ValueError(f"interpolate: scale_factor must be positive, got {scale_factor}")
    out = tuple([floor(min(n * float(s), 2.0**62)) for n, s in zip(x.shape[2:], scales)])
    return out, None if recompute else tuple([float(s) for s in scales])


def each(argument: str, value: Any, axes: int) -> tuple[Any, ...]:
    """A number for each axis."""
    if not isinstance(value, (tuple, list)):
        return (value,) * axes
    if len(value) != axes:
        raise ValueError(f"interpolate: {argument} must hold {axes} numbers, got {len(value)}")
    return tuple(value)


def interpolate_backward(node: Node, dy: Array) -> Grads:
    size, options = node.saved
    return (_core.interpolate_backward(dy, size, *options),)


def upsample(
    input: TensorLike,
    size: Size = None,
    scale_factor: Scale = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
) -> Tensor:
    """`interpolate` under its older name.

    Examples
    --------
    >>> F.upsample(fastnn.zeros(1, 2, 3, 4), scale_factor=2).shape
    (1, 2, 6, 8)
    """
    return interpolate(input, size, scale_factor, mode, align_corners)


def upsample_nearest(input: TensorLike, size: Size = None, scale_factor: Scale = None) -> Tensor:
    """`interpolate` with mode ``"nearest"``.

    Examples
    --------
    >>> F.upsample_nearest(fastnn.zeros(1, 2, 3), 7).shape
    (1, 2, 7)
    """
    return interpolate(input, size, scale_factor, "nearest")


def upsample_bilinear(input: TensorLike, size: Size = None, scale_factor: Scale = None) -> Tensor:
    """`interpolate` with mode ``"bilinear"`` and aligned corners.

    Examples
    --------
    >>> F.upsample_bilinear(fastnn.zeros(1, 2, 3, 4), (7, 9)).shape
    (1, 2, 7, 9)
    """
    return interpolate(input, size, scale_factor, "bilinear", True)
