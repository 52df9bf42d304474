"""1,000 forks after a parallel region: every child computes and ends, none hangs."""

from __future__ import annotations

import os
import signal
from time import perf_counter

import fastnn
import numpy as np


def product() -> float:
    """A product large enough for all threads."""
    a = fastnn.from_numpy(np.ones((256, 256), np.float32))
    return float(fastnn.matmul(a, a).numpy()[0, 0])


def child() -> None:
    """Compute, and end without Python's clean-up; a hang is ended by the alarm."""
    signal.alarm(20)
    os._exit(0 if product() == 256.0 else 1)


def main(count: int = 1000) -> int:
    """Fork from a process whose threads are at work."""
    fastnn.set_num_threads(2)
    start, failures = perf_counter(), 0
    for _ in range(count):
        product()
        pid = os.fork()
        if pid == 0:
            child()
        failures += os.waitpid(pid, 0)[1] != 0
    print(f"{count} forks in {perf_counter() - start:.1f} s, {failures} failed or hung")
    return 1 if failures else 0


if __name__ == "__main__":
    raise SystemExit(main())
