"""One module per library: ``BUILDERS`` maps a kind of work to a function that makes its case."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass
class Case:
    """One work in one library.

    ``reset`` puts the state back to the start, ``step`` is what is timed, ``answer`` runs the work
    afresh and returns arrays to be checked.
    """

    step: Callable[[], Any]
    answer: Callable[[], Any]
    reset: Callable[[], None] = lambda: None
