"""Forks after a parallel region: every child must compute correctly on one thread and exit.

``python -m benches.forks 1000`` prints how many children hung or failed, and the time. After
careless use of OpenMP, a child would wait forever for threads that were not forked.
"""

from __future__ import annotations

import os
import signal
import sys
import time
import warnings

import numpy as np

import fastnn
from fastnn import kernels

# Newer Pythons warn that forking with threads is dangerous; this script shows that it is safe.
warnings.filterwarnings("ignore", category=DeprecationWarning)

SECONDS = 20  # a child needs about 10 ms


def child(x: np.ndarray, expected: np.ndarray) -> int:
    """Run in the child; return its exit status."""
    signal.alarm(SECONDS)  # kills a child that hangs
    right = np.array_equal(kernels.relu(x), expected)
    fastnn.set_num_threads(4)
    return 0 if right and fastnn.get_num_threads() == 1 else 1


def main(forks: int) -> int:
    """Fork `forks` times; return the number of children that hung or failed."""
    x = np.random.default_rng(0).standard_normal(1 << 20).astype(np.float32)
    fastnn.set_num_threads(max(2, fastnn.get_num_threads()))
    begin, failed = time.perf_counter(), 0
    for _ in range(forks):
        expected = kernels.relu(x)
        pid = os.fork()
        if pid == 0:
            status = 2
            try:
                status = child(x, expected)
            finally:
                os._exit(status)
        failed += os.waitpid(pid, 0)[1] != 0
    print(f"{forks} forks, {failed} hung or failed, {time.perf_counter() - begin:.1f} s")
    return failed


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000) > 0)
