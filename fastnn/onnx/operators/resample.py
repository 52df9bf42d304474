"""Images of other sizes."""

from __future__ import annotations

from ... import ops
from ...tensor import Tensor
from .table import operator
from .windows import axes_of

LINEAR = {1: "linear", 2: "bilinear", 3: "trilinear"}


@operator("Resize")
def resize(
    x: Tensor,
    roi: Tensor | None = None,
    scales: Tensor | None = None,
    sizes: Tensor | None = None,
    *,
    coordinate_transformation_mode: str = "half_pixel",
    cubic_coeff_a: float = -0.75,
    exclude_outside: int = 0,
    extrapolation_value: float = 0.0,
    mode: str = "nearest",
    nearest_mode: str = "round_prefer_floor",
    antialias: int = 0,
    keep_aspect_ratio_policy: str = "stretch",
) -> Tensor:
    axes = axes_of(x)
    how = coordinate_transformation_mode
    if exclude_outside or antialias or keep_aspect_ratio_policy != "stretch":
        raise ValueError("exclude_outside, antialias and keep_aspect_ratio_policy have no effect")
    aligned: bool | None = None
    if mode == "nearest":
        if (how, nearest_mode) == ("asymmetric", "floor"):
            name = "nearest"
        elif (how, nearest_mode) == ("half_pixel", "round_prefer_ceil"):
            name = "nearest-exact"
        else:
            raise ValueError(f"nearest neighbours by {how!r} and {nearest_mode!r} are not known")
    elif mode in ("linear", "cubic"):
        if how not in ("half_pixel", "pytorch_half_pixel", "align_corners"):
            raise ValueError(f"coordinate_transformation_mode {how!r} is not known")
        if mode == "cubic" and (axes != 2 or abs(cubic_coeff_a + 0.75) > 1e-6):
            raise ValueError("cubic interpolation is of images, with a coefficient of -0.75")
        aligned = how == "align_corners"
        name = LINEAR[axes] if mode == "linear" else "bicubic"
    else:
        raise ValueError(f"mode {mode!r} is not known")
    given = sizes if sizes is not None else scales
    if given is None or given.numpy().size != axes + 2:
        raise ValueError(f"scales or sizes must hold {axes + 2} numbers")
    lead, numbers = given.numpy().reshape(-1)[:2].tolist(), given.numpy().reshape(-1)[2:].tolist()
    if lead != (list(x.shape[:2]) if sizes is not None else [1, 1]):
        raise ValueError(f"samples and channels must stay as they are, got {lead}")
    if sizes is not None:
        return ops.interpolate(x, tuple(numbers), None, name, aligned)
    return ops.interpolate(x, None, tuple(numbers), name, aligned)
