"""Time of one call in this process: minimum and median over several blocks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import repeat
from statistics import median
from time import perf_counter
from typing import Any

Step = Callable[[], Any]


def block(step: Step, count: int) -> float:
    """Seconds per call over ``count`` calls."""
    start = perf_counter()
    for _ in repeat(None, count):
        step()
    return (perf_counter() - start) / count


@dataclass(frozen=True)
class Timed:
    """Seconds per call."""

    least: float
    median: float


def timed(step: Step, seconds: float = 2e-3, blocks: int = 5) -> Timed:
    """Time ``blocks`` blocks of at least ``seconds`` each, after an equally long warm-up."""
    count, taken = 1, block(step, 1)
    while count * taken < seconds:
        count *= 2
        taken = block(step, count)
    times = [block(step, count) for _ in range(blocks)]
    return Timed(min(times), median(times))
