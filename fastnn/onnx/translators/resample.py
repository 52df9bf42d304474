"""Images of other sizes."""

from __future__ import annotations

import numpy as np

from ... import ops
from ..step import Step, translates
from .pool import averages

CUBIC = {"cubic_coeff_a": -0.75}
MODES = {"linear": "linear", "bilinear": "linear", "trilinear": "linear", "bicubic": "cubic"}


@translates(ops.interpolate)
def interpolate(s: Step) -> str:
    g, mode = s.graph, s.arg("mode")
    axes = len(s.shape("input")) - 2
    if s.arg("antialias"):
        raise s.refuse("antialias cannot be exported")
    if mode == "area":
        return averages(s, axes)
    options: dict[str, object] = {}
    if mode in MODES:
        aligned = s.arg("align_corners")
        how = "align_corners" if aligned else "half_pixel"
        options = {"mode": MODES[mode], "coordinate_transformation_mode": how}
        options |= CUBIC if mode == "bicubic" else {}
    elif mode == "nearest":
        options = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric"}
        options["nearest_mode"] = "floor"
    else:
        options = {"mode": "nearest", "coordinate_transformation_mode": "half_pixel"}
        options["nearest_mode"] = "round_prefer_ceil"
    scale = s.arg("scale_factor")
    x = s.x("input")
    if scale is not None and not s.arg("recompute_scale_factor"):
        scales = scale if isinstance(scale, (tuple, list)) else (scale,) * axes
        numbers = g.constant(np.array([1, 1, *scales], np.float32))
        return g.add("Resize", x, "", numbers, **options)
    sizes = s.fixed(s.result, range(2, axes + 2), "the size of the result must not vary")
    lead = g.add("Shape", x, start=0, end=2)
    return g.add("Resize", x, "", "", g.add("Concat", lead, g.ints(*sizes), axis=0), **options)
