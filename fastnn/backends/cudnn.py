"""Switches of cuDNN, which is not there."""

from __future__ import annotations

from ..names import offer

__all__ = [
    "allow_tf32",
    "benchmark",
    "deterministic",
    "enabled",
    "is_available",
    "version",
]

allow_tf32 = True
benchmark = False
deterministic = False
enabled = True


def is_available() -> bool:
    """False: cuDNN needs a GPU."""
    return False


def version() -> None:
    """None: there is no cuDNN."""


offer(__name__)
