"""Apple's GPUs, which fastnn does not use."""

from __future__ import annotations

from ..names import offer

__all__ = ["is_available", "is_built"]


def is_available() -> bool:
    """False: fastnn computes on the CPU."""
    return False


def is_built() -> bool:
    """False: fastnn computes on the CPU."""
    return False


offer(__name__)
