"""OpenMP, which may provide the threads; see `fastnn.set_threading`."""

from __future__ import annotations

from ..names import offer

__all__ = ["is_available"]


def is_available() -> bool:
    """True: it is one of two providers of threads."""
    return True


offer(__name__)
