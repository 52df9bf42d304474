"""Axes of Matplotlib, which is imported when something is drawn."""

from __future__ import annotations

from typing import Any

from ..metrics.extras import extra

__all__: list[str] = []


def new_axes(owner: str, count: int) -> list[Any]:
    """So many axes of a new figure, side by side."""
    pyplot = extra(owner, "matplotlib.pyplot", "matplotlib")
    size = (4.5 * count, 3.6)
    return list(pyplot.subplots(1, count, figsize=size, layout="constrained", squeeze=False)[1][0])
