"""How tensors are printed."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd.contract import Array
from ..dtypes import kind

PROFILES: dict[str, dict[str, Any]] = {
    "default": {"precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 75},
    "short": {"precision": 2, "threshold": 1000, "edgeitems": 2, "linewidth": 75},
    "full": {"precision": 4, "threshold": 2**31, "edgeitems": 3, "linewidth": 75},
}
options: dict[str, Any] = {**PROFILES["default"], "sci_mode": None}


def set_printoptions(
    precision: int | None = None,
    threshold: int | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Choose how tensors are printed; what is None stays as it is.

    Parameters
    ----------
    precision
        Digits behind the point, at most, 4 at start.
    threshold
        Larger tensors are printed in part, 1000.
    edgeitems
        Elements at the ends of each dimension of these, 3.
    linewidth
        Characters in a line, 75.
    profile
        ``"default"``, ``"short"`` or ``"full"``, before the others.
    sci_mode
        Whether floats have exponents; by default where they are very large or small.

    Examples
    --------
    >>> fastnn.set_printoptions(precision=2)
    >>> fastnn.tensor([0.12345])
    tensor([0.12])
    >>> fastnn.set_printoptions(profile="default")
    """
    if profile is not None:
        if profile not in PROFILES:
            raise ValueError(
                f"set_printoptions: profile must be one of {', '.join(PROFILES)}, got {profile!r}"
            )
        options.update(PROFILES[profile])
    given = {
        "precision": precision,
        "threshold": threshold,
        "edgeitems": edgeitems,
        "linewidth": linewidth,
    }
    for name, value in given.items():
        if value is not None:
            if value != value or value < 0:
                raise ValueError(f"set_printoptions: {name} must be at least 0, got {value}")
            options[name] = int(min(value, 2**31))
    options["sci_mode"] = sci_mode


def text(x: Array) -> str:
    """The elements of a tensor as text."""
    precision = options["precision"]
    if x.dtype.kind == "V" and kind(x.dtype) == "f":  # whose digits NumPy does not choose
        x = x.astype(np.float32)
    if x.dtype.kind == "f" and x.ndim == 0:
        return single(x.item(), precision)
    formatter = None
    if options["sci_mode"] is not None and x.dtype.kind == "f":
        style = "e" if options["sci_mode"] else "f"
        formatter = {"float_kind": lambda value: f"{value:.{precision}{style}}"}
    return np.array2string(
        x,
        precision=precision,
        separator=", ",
        prefix="tensor(",
        threshold=options["threshold"],
        edgeitems=options["edgeitems"],
        max_line_width=options["linewidth"],
        formatter=formatter,  # type: ignore[arg-type]
    )


def single(value: float, precision: int) -> str:
    """A number, with an exponent where it is very large or small."""
    plain = not value or not np.isfinite(value) or 1e-4 <= abs(value) < 1e8
    if options["sci_mode"] is not None:
        plain = not options["sci_mode"]
    written = np.format_float_positional if plain else np.format_float_scientific
    return str(written(value, precision=precision, trim="k"))
