"""Forks between and during parallel regions: every child must compute correctly and exit.

``python -m benches.forks 1000`` prints how many children hung or failed, and the time. After
careless use of OpenMP, a child would wait forever for threads that were not forked; after careless
use of a lock, for one that another thread held. With ``--busy``, other threads multiply, convolve
with packed weights, draw random numbers and record a graph all the while.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np

import fastnn
from fastnn import _core, kernels, nn

# Newer Pythons warn that forking with threads is dangerous; this script shows that it is safe.
warnings.filterwarnings("ignore", category=DeprecationWarning)

SECONDS = 20  # a child needs about 10 ms


def child(x: np.ndarray, expected: np.ndarray) -> int:
    """Run in the child; return its exit status."""
    signal.alarm(SECONDS)  # kills a child that hangs
    right = np.array_equal(kernels.relu(x), expected)
    for work in WORKS:
        work()
    fastnn.set_num_threads(4)
    return 0 if right and fastnn.get_num_threads() == 1 else 1


MATRIX = np.ones((300, 300), np.float32)
IMAGE = np.ones((1, 16, 8, 8), np.float32)
PACKED = _core.read_only(np.ones((32, 16, 3, 3), np.float32))
LAYER = nn.Linear(16, 16)


def train() -> None:
    LAYER(fastnn.rand(8, 16)).sum().backward()


WORKS: list[Callable[[], object]] = [
    lambda: kernels.matmul(MATRIX, MATRIX),
    lambda: kernels.conv(IMAGE, PACKED),
    lambda: fastnn.rand(1000),
    train,
]


@contextmanager
def others(busy: bool) -> Iterator[None]:
    """Threads that work meanwhile, one for each work."""
    stop = threading.Event()

    def repeat(work: Callable[[], object]) -> None:
        while not stop.is_set():
            work()

    threads = [threading.Thread(target=repeat, args=[work]) for work in WORKS if busy]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def main() -> int:
    """Fork, and report the children that hung or failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("forks", nargs="?", type=int, default=1000)
    parser.add_argument("--busy", action="store_true", help="other threads work meanwhile")
    options = parser.parse_args()
    x = np.random.default_rng(0).standard_normal(1 << 20).astype(np.float32)
    fastnn.set_num_threads(max(2, fastnn.get_num_threads()))
    begin, failed = time.perf_counter(), 0
    with others(options.busy):
        for _ in range(options.forks):
            expected = kernels.relu(x)
            pid = os.fork()
            if pid == 0:
                status = 2
                try:
                    status = child(x, expected)
                finally:
                    os._exit(status)
            failed += os.waitpid(pid, 0)[1] != 0
    seconds = time.perf_counter() - begin
    print(f"{options.forks} forks, {failed} hung or failed, {seconds:.1f} s")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
