"""Switches of oneDNN, which fastnn does not need: it has kernels of its own."""

from __future__ import annotations

from ..names import offer

__all__ = ["deterministic", "enabled", "is_available"]

deterministic = True
enabled = False


def is_available() -> bool:
    """False: fastnn has kernels of its own."""
    return False


offer(__name__)
