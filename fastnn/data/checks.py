"""Checks of numbers among arguments."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

__all__ = ["check_bool", "check_real", "element_of", "pair_of"]


def check_bool(op: str, name: str, value: Any) -> bool:
    """A switch; TypeError for anything else, such as an array in its place."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{op}: {name} must be True or False, got {value!r:.60}")
    return bool(value)


def check_real(op: str, name: str, value: Any, low: float, high: float = math.inf) -> float:
    """A number from `low` to `high`, both of which it may be unless they are infinite."""
    real = isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)
    if not real or not low <= value <= high or math.isinf(value):
        within = f"at least {low}" if math.isinf(high) else f"from {low} to {high}"
        raise ValueError(f"{op}: {name} must be a number {within}, got {value!r}")
    return float(value)


def pair_of(op: str, name: str, value: Any, low: int) -> tuple[int, int]:
    """A height and a width, both of at least `low`; one integer stands for both."""
    both = value if isinstance(value, (tuple, list)) else (value, value)
    whole = all(isinstance(n, (int, np.integer)) and not isinstance(n, bool) for n in both)
    if len(both) != 2 or not whole or min(both) < low:
        raise ValueError(
            f"{op}: {name} must be an integer of at least {low}, or two of them for height and "
            f"width, got {value!r}"
        )
    return int(both[0]), int(both[1])


def element_of(op: str, name: str, value: Any, dtype: np.dtype[Any]) -> Any:
    """A number as an element of a type; ValueError if the type does not have it."""
    number = np.asarray(None if isinstance(value, (list, tuple)) else value)
    if number.ndim or number.dtype.kind not in "biuf":
        raise ValueError(f"{op}: {name} must be a number, got {value!r}")
    with np.errstate(all="ignore"):
        element = number.astype(dtype)
    if dtype.kind not in "fc" and element != number:
        raise ValueError(f"{op}: {name} is {value!r}, which no element of {dtype} can be")
    return element
