"""Accelerators, for programs that ask for one: there are none beside the CPU."""

from __future__ import annotations

from typing import Any

from .names import offer

__all__ = ["current_accelerator", "device_count", "is_available", "synchronize"]


def is_available() -> bool:
    """False: fastnn computes on the CPU."""
    return False


def current_accelerator(check_available: bool = False) -> None:
    """None: there is no accelerator.

    Examples
    --------
    >>> fastnn.accelerator.current_accelerator() or fastnn.device("cpu")
    device(type='cpu')
    """


def device_count() -> int:
    """The number of accelerators: 0."""
    return 0


def synchronize(device: Any = None) -> None:
    """Do nothing: a call has computed its result when it returns."""


offer(__name__)
