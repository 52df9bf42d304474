"""Ctrl-C ends a long run within a second."""

import signal
import subprocess
import sys
import time

import pytest

LOOP = """
import numpy as np
from fastnn import kernels
x = np.ones(1 << 22, np.float32)
print("ready", flush=True)
while True:
    kernels.relu(x)
"""


@pytest.mark.parametrize("code", [LOOP], ids=["loop"])
def test_interrupt(code):
    child = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert child.stdout.readline() == "ready\n"
    time.sleep(0.3)
    begin = time.monotonic()
    child.send_signal(signal.SIGINT)
    _, errors = child.communicate(timeout=60)
    assert time.monotonic() - begin < 1
    assert errors.endswith("KeyboardInterrupt\n")
