"""Ctrl-C ends a long run; benches/checks/interrupt.py measures that it takes under a second."""

import os
import signal
import subprocess
import sys
import time

import pytest

pytestmark = pytest.mark.any_threading

# A background process may inherit SIGINT as ignored, and Python does not change that.
START = """
import signal
import numpy as np
from fastnn import kernels
signal.signal(signal.SIGINT, signal.default_int_handler)
print("ready", flush=True)
"""
LOOP = """
x = np.ones(1 << 22, np.float32)
while True:
    kernels.relu(x)
"""
PRODUCT = """
x = np.broadcast_to(np.float32(1), (20000, 20000))  # more than a minute of arithmetic
kernels.matmul(x, x)
"""
PATIENCE = 20  # seconds, enough for a busy machine


@pytest.mark.parametrize("threading", ["pool", "openmp"])
@pytest.mark.parametrize("code", [LOOP, PRODUCT], ids=["loop", "product"])
def test_interrupt(code: str, threading: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", START + code],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "FASTNN_THREADING": threading},
        text=True,
    ) as child:
        try:
            assert child.stdout is not None
            assert child.stdout.readline() == "ready\n"
            time.sleep(1)
            child.send_signal(signal.SIGINT)
            _, errors = child.communicate(timeout=PATIENCE)
        finally:
            child.kill()
    assert errors.endswith("KeyboardInterrupt\n")


NESTED = """
import signal
import numpy as np
from fastnn import kernels
calls = 0
def handler(*_):
    global calls
    calls += 1
    assert kernels.relu(np.ones(1000, np.float32)).sum() == 1000
signal.signal(signal.SIGALRM, handler)
x = np.ones((3000, 3000))
signal.setitimer(signal.ITIMER_REAL, 0.06, 0.06)
while calls < 3:
    assert kernels.matmul(x, x)[0, 0] == 3000
signal.setitimer(signal.ITIMER_REAL, 0)
print(kernels.relu(x).sum())
"""


def test_a_signal_handler_may_call_kernels() -> None:
    """Also while a long kernel looks for signals: that one goes on afterwards."""
    done = subprocess.run(
        [sys.executable, "-c", NESTED], capture_output=True, text=True, check=False
    )
    assert done.stdout == "9000000.0\n", done.stderr
