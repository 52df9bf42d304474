"""MKL, which fastnn does not need: it has matrix products of its own."""

from __future__ import annotations

from ..names import offer

__all__ = ["is_available"]


def is_available() -> bool:
    """False: fastnn has matrix products of its own."""
    return False


offer(__name__)
