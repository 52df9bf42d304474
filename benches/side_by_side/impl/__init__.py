"""One module per library; its ``BUILDERS`` map kinds of workloads to functions that make cases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass
class Case:
    """One workload in one library.

    ``reset`` restores the initial state, ``step`` is timed, ``answer`` runs the workload from its
    initial state and returns arrays to check.
    """

    step: Callable[[], Any]
    answer: Callable[[], Any]
    reset: Callable[[], None] = lambda: None
