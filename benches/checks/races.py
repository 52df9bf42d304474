"""Python threads, signal handlers and forked children call kernels at once, by the thread pool.

``python -m benches.checks.races [seconds]`` checks values and counts what went wrong. It is made to
run under ThreadSanitizer, which knows the pool but not libgomp (docs/dev/threading.md).
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
import warnings
from typing import Any

import numpy as np

import fastnn
from fastnn import _core, kernels, nn

warnings.filterwarnings("ignore", category=DeprecationWarning)  # of forks with threads

RNG = np.random.default_rng(0)
MATRIX = RNG.standard_normal((200, 200), np.float32)
IMAGES = RNG.standard_normal((2, 16, 16, 16), np.float32)
PACKED = _core.read_only(RNG.standard_normal((32, 16, 3, 3), np.float32))
LONG = RNG.standard_normal(1 << 20, np.float32)
IDS = RNG.integers(0, 100, 20_000)
ROWS = RNG.standard_normal((20_000, 16), np.float32)
LSTM = nn.LSTM(16, 32)
SEQUENCES = fastnn.rand(20, 8, 16)
PRODUCT, CONVOLVED = kernels.matmul(MATRIX, MATRIX), kernels.conv(IMAGES, PACKED)


def right() -> bool:
    """Whether a product is what it was."""
    return np.array_equal(kernels.matmul(MATRIX, MATRIX), PRODUCT)


def work() -> bool:
    """Kernels of many kinds; whether those that are checked were right."""
    fastnn.set_num_threads(3)
    kernels.relu(LONG)
    kernels.softmax(LONG.reshape(1024, -1), 1)
    kernels.embedding_backward(ROWS, IDS, 100)
    kernels.sum(LONG, None)
    kernels.median(LONG[:100_000], 0)
    fastnn.rand(1000)
    y, _ = LSTM(SEQUENCES)
    (y * y).sum().backward()
    return right() and np.array_equal(kernels.conv(IMAGES, PACKED), CONVOLVED)


def child_fails() -> bool:
    """Fork; whether the child hangs or computes something else."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.alarm(60)
            status = not right()
        finally:
            os._exit(status)
    return os.waitpid(pid, 0)[1] != 0


def main(seconds: float) -> int:
    """Run for some time, and say how often each thing happened."""
    fastnn.set_threading("pool")
    wrong: list[str] = []
    handled = forks = 0
    stop = threading.Event()

    def handler(*_: Any) -> None:
        nonlocal handled
        handled += 1
        if not right():
            wrong.append("handler")

    def repeat() -> None:
        while not stop.is_set():
            if not work():
                wrong.append("thread")

    threads = [threading.Thread(target=repeat) for _ in range(4)]
    before = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)
    for thread in threads:
        thread.start()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        forks += 1
        if not work():
            wrong.append("main thread")
        if child_fails():
            wrong.append("child")
    stop.set()
    for thread in threads:
        thread.join()
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)
    print(f"{handled} signals, {forks} forks, wrong: {', '.join(wrong) or 'nothing'}")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 60))
