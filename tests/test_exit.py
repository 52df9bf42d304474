"""The interpreter ends while daemon threads compute: the process ends as if they did not."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.any_threading

DAEMONS = """
import sys, threading, time
import numpy as np
import fastnn
from fastnn import kernels

x = np.ones(1 << 18, np.float32)
tall = np.ones((2, 1 << 17), np.float32).T  # copied by NumPy before the kernel runs
layer = fastnn.nn.LSTM(8, 8)
calls = [
    lambda: kernels.relu(x),
    lambda: kernels.linear(tall, np.ones((3, 2), np.float32), None),
    lambda: layer(fastnn.rand(5, 2, 8))[0].sum().backward(),
    lambda: kernels.matmul(np.ones((300, 300)), np.ones((300, 300))),
]

def compute(call):
    while True:
        call()

for call in calls:
    threading.Thread(target=compute, args=(call,), daemon=True).start()
time.sleep(0.3)
print("end", flush=True)
"""


@pytest.mark.parametrize("threading", ["pool", "openmp"])
def test_daemon_threads_in_kernels(threading: str) -> None:
    for _ in range(5):
        done = subprocess.run(
            [sys.executable, "-c", DAEMONS],
            env={**os.environ, "FASTNN_THREADING": threading},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, "end\n", "")
