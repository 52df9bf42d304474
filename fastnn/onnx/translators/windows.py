"""What convolutions and poolings share: numbers for each axis, and inputs without a batch."""

from __future__ import annotations

from typing import Any

from ..step import Step


def for_each_axis(value: Any, axes: int) -> tuple[int, ...]:
    """One number for each axis."""
    if isinstance(value, (tuple, list)):
        return tuple(int(n) for n in value) * (axes if len(value) == 1 else 1)
    return (int(value),) * axes


def with_batch(s: Step, axes: int, name: str = "input") -> tuple[str, bool]:
    """An input as (N, C, ...), and whether it lacks the N."""
    x = s.x(name)
    alone = len(s.shape(name)) == axes + 1
    return (s.graph.add("Unsqueeze", x, s.graph.ints(0)), True) if alone else (x, False)


def without_batch(s: Step, y: str, alone: bool) -> str:
    """The output in the rank of the input."""
    return s.graph.add("Squeeze", y, s.graph.ints(0)) if alone else y
