"""Training by several processes, for programs that ask for it: it is not available."""

from __future__ import annotations

from typing import Any, NoReturn

from .names import offer

__all__ = [
    "destroy_process_group",
    "get_rank",
    "get_world_size",
    "init_process_group",
    "is_available",
    "is_initialized",
]


def is_available() -> bool:
    """False: fastnn trains in one process, by several threads."""
    return False


def is_initialized() -> bool:
    """False, see `is_available`."""
    return False


def get_rank(group: Any = None) -> int:
    """Raise an error: there is no group of processes."""
    refuse("get_rank")


def get_world_size(group: Any = None) -> int:
    """Raise an error: there is no group of processes."""
    refuse("get_world_size")


def init_process_group(*args: Any, **kwargs: Any) -> None:
    """Raise an error: there is no group of processes."""
    refuse("init_process_group")


def destroy_process_group(group: Any = None) -> None:
    """Raise an error: there is no group of processes."""
    refuse("destroy_process_group")


def refuse(name: str) -> NoReturn:
    raise RuntimeError(
        f"distributed.{name}: fastnn trains in one process; ask distributed.is_available()"
    )


offer(__name__)
