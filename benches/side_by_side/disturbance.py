"""How much of the machine other processes used during a turn."""

from __future__ import annotations

import os
from pathlib import Path
from time import perf_counter

TICK = 1.0 / os.sysconf("SC_CLK_TCK")
LIMIT = 0.06  # share of one core; a tick of 10 ms in a turn of 0.3 s is 3 %


def busy_seconds() -> float:
    """CPU seconds the whole machine has used, stolen time among them; 0 where unknown."""
    path = Path("/proc/stat")
    if not path.exists():
        return 0.0
    fields = [int(word) for word in path.read_text().split("\n", 1)[0].split()[1:]]
    idle, wait = fields[3], fields[4]
    return (sum(fields[:8]) - idle - wait) * TICK


class Watch:
    """Measures from its making to ``foreign``."""

    def __init__(self) -> None:
        self.start, self.busy = perf_counter(), busy_seconds()

    def foreign(self, own: float) -> float:
        """CPU time beyond ``own`` seconds, as a share of the time passed."""
        passed = perf_counter() - self.start
        return max(0.0, busy_seconds() - self.busy - own) / passed
