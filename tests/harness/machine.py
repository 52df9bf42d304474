"""Instruction set levels and threads, for the length of a block."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

try:
    from fastnn import _core
except ImportError:
    _core = None


THREADS = (1, 2, 3, 7)


def isa_levels() -> list[str]:
    """Instruction set levels of this machine, by name; one nameless level without the extension."""
    return list(_core.isa_levels()) if hasattr(_core, "isa_levels") else [""]


@contextmanager
def isa(level: str) -> Iterator[None]:
    """Run a block on the kernels of one level."""
    if not level:
        yield
        return
    before = _core.isa()
    _core.set_isa(level)
    try:
        yield
    finally:
        _core.set_isa(before)


@contextmanager
def threads(n: int) -> Iterator[None]:
    """Run a block with `n` threads."""
    if not hasattr(_core, "set_num_threads"):
        yield
        return
    before = _core.num_threads()
    _core.set_num_threads(n)
    try:
        yield
    finally:
        _core.set_num_threads(before)
