"""Context managers for instruction set levels and numbers of threads."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from fastnn import _core

THREADS = (1, 2, 3, 7)


def isa_levels() -> list[str]:
    """Names of the instruction set levels of this machine."""
    return list(_core.config.isa_levels())


@contextmanager
def changed(get: Callable[[], Any], set: Callable[[Any], None], value: Any) -> Iterator[None]:
    """Run a block with another setting."""
    before = get()
    set(value)
    try:
        yield
    finally:
        set(before)


@contextmanager
def isa(level: str) -> Iterator[None]:
    """Run a block on the kernels of one level."""
    with changed(_core.config.isa, _core.config.set_isa, level):
        yield


@contextmanager
def threads(n: int) -> Iterator[None]:
    """Run a block with `n` threads."""
    with changed(_core.config.num_threads, _core.config.set_num_threads, n):
        yield


def in_threads(work: Callable[[int], None], count: int = 4) -> None:
    """Run ``work(0)``, ``work(1)`` and so on at once, each in a Python thread of its own."""
    running = [threading.Thread(target=work, args=(i,)) for i in range(count)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
