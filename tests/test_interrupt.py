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


# Whatever a handler does: kernels of every kind, errors, settings, a profile, another signal.
BUSY_HANDLER = """
import signal
import numpy as np
import fastnn
from fastnn import kernels
x = np.random.default_rng(0).standard_normal((2000, 2000))
small = x[:200, :200].astype(np.float32)
right, expected = kernels.matmul(x, x), kernels.matmul(small, small)
calls, depth = 0, 0
def handler(*_):
    global calls, depth
    calls += 1
    if depth == 2:
        return
    depth += 1
    try:
        kernels.matmul(x, x)  # a long one, in which the handler runs again
        assert np.array_equal(kernels.matmul(small, small), expected)
        fastnn.set_num_threads(1 + calls % 3)
        if depth == 2:  # only one at a time
            with fastnn.profile():
                kernels.relu(small)
        try:
            kernels.matmul(small, small[1:])
        except ValueError:
            pass
    finally:
        depth -= 1
signal.signal(signal.SIGALRM, handler)
signal.setitimer(signal.ITIMER_REAL, 0.06, 0.06)
while calls < 20:
    assert np.array_equal(kernels.matmul(x, x), right)
signal.setitimer(signal.ITIMER_REAL, 0)
def raises(*_):
    raise ZeroDivisionError
signal.signal(signal.SIGALRM, raises)
try:
    signal.setitimer(signal.ITIMER_REAL, 0.06)  # once: nothing would catch a second one
    while True:
        kernels.matmul(x, x)
except ZeroDivisionError:
    pass
print(np.array_equal(kernels.matmul(x, x), right))
"""


@pytest.mark.parametrize("threading", ["pool", "openmp"])
@pytest.mark.parametrize(
    ("code", "printed"), [(NESTED, "9000000.0\n"), (BUSY_HANDLER, "True\n")], ids=["op", "many"]
)
def test_a_signal_handler_may_call_kernels(code: str, printed: str, threading: str) -> None:
    """Also while a long kernel looks for signals: that one goes on afterwards."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "FASTNN_THREADING": threading},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == printed, done.stderr


# Kernels with workspaces of their own, interrupted at several points.
WORKSPACES = {
    "embedding_backward": """
ids, dy = np.zeros(12_000_000, np.int64), np.ones((12_000_000, 8), np.float32)
run = lambda: kernels.embedding_backward(dy, ids, 4)
""",
    "median": """
x = np.random.default_rng(0).standard_normal(30_000_000)
run = lambda: kernels.median(x, 0)
""",
    "cross_entropy": """
x, target = np.ones((1, 50_000_000), np.float32), np.zeros(1, np.int64)
run = lambda: kernels.cross_entropy(x, target)
""",
    "copy": """
x = np.ones((2, 3000, 5000), np.float32)[:, :, ::-1]
run = lambda: kernels.softmax(x, 0)
""",
}
MEMORY = """
import signal, time
import numpy as np
import fastnn
from fastnn import _core, kernels
class Stop(Exception):
    pass
def handler(*_):
    raise Stop
fastnn.set_num_threads(1)
signal.signal(signal.SIGALRM, handler)
{kernel}
used = lambda: _core.config.pool_stats()["used_bytes"]
run()
begin = time.perf_counter()
run()
seconds, before, stopped = time.perf_counter() - begin, used(), 0
for part in range(1, 8):
    try:
        signal.setitimer(signal.ITIMER_REAL, seconds * part / 8)
        run()
        time.sleep(seconds)
    except Stop:
        stopped += 1
    assert used() == before, part
print(stopped)
"""


@pytest.mark.parametrize("kernel", WORKSPACES)
def test_an_interrupted_kernel_gives_its_memory_back(kernel: str) -> None:
    code = MEMORY.format(kernel=WORKSPACES[kernel])
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.stderr == ""
    assert done.stdout.strip() == "7"
