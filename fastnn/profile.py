"""Profiling: the kernel calls of a ``with`` block, summed per op and as a time line."""

from __future__ import annotations

import os
import time
from types import TracebackType
from typing import Any, NamedTuple

from . import _core

__all__ = ["Event", "profile"]

# Has an entry while a profile runs. To set one where there is none is atomic, as with a lock; but a
# child can be made free of it, which has not the thread that runs the profile.
running: dict[str, object] = {}
os.register_at_fork(after_in_child=running.clear)


class Event(NamedTuple):
    """One kernel call. Times in microseconds, `start` from the beginning of the profile."""

    name: str
    start: float
    duration: float
    flops: float
    bytes: float
    thread: int


class Row(NamedTuple):
    """The sum of the calls of one op."""

    name: str
    calls: int
    time: float
    flops: float
    bytes: float


class profile:
    """Measure every kernel call in a block, in all threads of the process, not in its children.

    Print it for a table with a row per op: number of calls, time, share of the block's time,
    operations per second (GF/s), and memory traffic (GB/s, from the bytes that the op must at least
    read and write). Time outside kernels is shown as Python's.

    Attributes
    ----------
    events : list of Event
        The calls in the order in which they ended, available after the block.
    time : float
        Microseconds the block took.

    Raises
    ------
    RuntimeError
        On entry, if another profile is running, in any thread.

    Examples
    --------
    >>> with fastnn.profile() as p:
    ...     y = fastnn.kernels.relu(np.ones(1000, np.float32))
    >>> [event.name for event in p.events]
    ['relu']
    >>> str(p).splitlines()[0].split()
    ['op', 'calls', 'ms', 'share', 'us/call', 'GF/s', 'GB/s']
    """

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.time = 0.0
        self._begin = 0.0

    def __enter__(self) -> profile:
        mine = object()
        if running.setdefault("one", mine) is not mine:
            raise RuntimeError("profile: another profile is running; profiles cannot be nested")
        self._begin = time.perf_counter()
        _core.profiler.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.time = (time.perf_counter() - self._begin) * 1e6
        self.events = [Event(*event) for event in _core.profiler.stop()]
        running.clear()

    def rows(self) -> list[Row]:
        """The calls summed per op, in descending order of time."""
        sums: dict[str, list[float]] = {}
        for event in self.events:
            row = sums.setdefault(event.name, [0, 0.0, 0.0, 0.0])
            for i, value in enumerate((1, event.duration, event.flops, event.bytes)):
                row[i] += value
        rows = [Row(name, int(r[0]), r[1], r[2], r[3]) for name, r in sums.items()]
        return sorted(rows, key=lambda row: -row.time)

    def __str__(self) -> str:
        rows = self.rows()
        width = max([len("outside kernels"), *(len(row.name) for row in rows)])
        lines = [
            f"{'op':<{width}} {'calls':>8} {'ms':>10} {'share':>7} {'us/call':>10}"
            f" {'GF/s':>8} {'GB/s':>8}"
        ]
        for row in rows:
            lines.append(
                f"{row.name:<{width}} {row.calls:>8} {row.time / 1e3:>10.3f}"
                f" {self._share(row.time):>7} {row.time / row.calls:>10.2f}"
                f" {_rate(row.flops, row.time):>8} {_rate(row.bytes, row.time):>8}"
            )
        calls, inside = len(self.events), sum(row.time for row in rows)
        # Kernels of several Python threads may overlap: then the remaining time is unknown.
        outside = max(0.0, self.time - inside)
        for name, count, spent in (("outside kernels", "", outside), ("in all", calls, self.time)):
            lines.append(f"{name:<{width}} {count:>8} {spent / 1e3:>10.3f} {self._share(spent):>7}")
        return "\n".join(lines)

    def _share(self, spent: float) -> str:
        return f"{spent / self.time:.1%}" if self.time > 0 else ""

    def export_chrome_trace(self, path: str | os.PathLike[str]) -> None:
        """Write the calls as a Chrome trace, for chrome://tracing or https://ui.perfetto.dev.

        Parameters
        ----------
        path : str or path-like
            File to write, JSON.
        """
        import json  # keeps a millisecond out of importing fastnn

        threads = {id: n for n, id in enumerate(dict.fromkeys(e.thread for e in self.events))}
        events: list[dict[str, Any]] = [
            {
                "name": event.name,
                "ph": "X",
                "ts": event.start,
                "dur": event.duration,
                "pid": os.getpid(),
                "tid": threads[event.thread],
                "args": {
                    "GF/s": _rate(event.flops, event.duration),
                    "GB/s": _rate(event.bytes, event.duration),
                },
            }
            for event in self.events
        ]
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"traceEvents": events, "displayTimeUnit": "ms"}, file)


def _rate(amount: float, microseconds: float) -> str:
    """Billions per second, as text."""
    return f"{amount / microseconds / 1e3:.1f}" if microseconds > 0 else "-"
