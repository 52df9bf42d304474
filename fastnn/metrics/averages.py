"""One value of several classes."""

from __future__ import annotations

from typing import Any

import numpy as np

from .metric import Array

__all__: list[str] = []


def averaged(values: Array, support: Array, average: str | None) -> Any:
    """All values, their mean, or their mean weighted by support; NaN does not count.

    Without support the weighted mean is the mean, as in scikit-learn.
    """
    if average is None:
        return values
    there = ~np.isnan(values)
    values, support = values[there], support[there]
    if values.size == 0:
        return float("nan")
    if average == "weighted" and support.sum() > 0:
        return float(np.average(values, weights=support))
    return float(values.mean())


def quotients(above: Array, below: Array, zero_division: float) -> Array:
    """``above / below``, and `zero_division` where `below` is 0."""
    some = below > 0
    values: Array = np.where(some, above / np.where(some, below, 1), zero_division)
    return values
