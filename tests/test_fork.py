"""After a fork the child computes on one thread and never hangs, under both providers."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.any_threading

ROOT = Path(__file__).parents[1]

POOL = """
import multiprocessing, sys, warnings
warnings.filterwarnings("ignore", category=DeprecationWarning)
import numpy as np
from fastnn import kernels

def work(seed):
    x = np.random.default_rng(seed).standard_normal(1 << 20).astype(np.float32)
    return np.array_equal(kernels.relu(x), np.maximum(x, 0))

if __name__ == "__main__":
    assert work(0)
    with multiprocessing.get_context("fork").Pool(2) as pool:
        print(all(pool.map(work, range(8))))
    assert work(1)
"""


# Forks from a thread other than the main one while others run parallel regions.
BUSY = """
import os, signal, sys, threading, warnings
warnings.filterwarnings("ignore", category=DeprecationWarning)
import numpy as np
import fastnn
from fastnn import kernels

fastnn.set_num_threads(3)
x = np.random.default_rng(0).standard_normal((300, 300)).astype(np.float32)
expected = kernels.matmul(x, x)
stop = threading.Event()
bad = []

def compute():
    while not stop.is_set():
        if not np.array_equal(kernels.matmul(x, x), expected):
            bad.append(1)

def forks():
    for _ in range(20):
        pid = os.fork()
        if pid == 0:
            signal.alarm(20)
            right = np.array_equal(kernels.matmul(x, x), expected)
            os._exit(not (right and fastnn.get_num_threads() == 1))
        bad.extend([2] * (os.waitpid(pid, 0)[1] != 0))

workers = [threading.Thread(target=compute) for _ in range(3)]
forker = threading.Thread(target=forks)
for thread in (*workers, forker):
    thread.start()
forker.join()
stop.set()
for thread in workers:
    thread.join()
print(bad)
"""

# Forks while others take packed weights from the cache of a read-only array.
PACKED = """
import os, signal, threading, warnings
warnings.filterwarnings("ignore", category=DeprecationWarning)
import numpy as np
from fastnn import _core, kernels

rng = np.random.default_rng(0)
x = rng.standard_normal((1, 16, 8, 8)).astype(np.float32)
weights = _core.read_only(rng.standard_normal((32, 16, 3, 3)).astype(np.float32))
expected = kernels.conv(x, weights)
stop = threading.Event()

def compute():
    while not stop.is_set():
        kernels.conv(x, weights)

workers = [threading.Thread(target=compute) for _ in range(3)]
for thread in workers:
    thread.start()
bad = set()
for _ in range(100):
    pid = os.fork()
    if pid == 0:
        signal.alarm(20)
        os._exit(not np.array_equal(kernels.conv(x, weights), expected))
    bad.add(os.waitpid(pid, 0)[1])
stop.set()
for thread in workers:
    thread.join()
print(bad)
"""

# A signal handler forks between two regions of one product, and the child finishes the product.
HANDLER = """
import os, signal, sys, warnings
warnings.filterwarnings("ignore", category=DeprecationWarning)
import numpy as np
import fastnn
from fastnn import kernels

fastnn.set_num_threads(3)
x = np.random.default_rng(0).standard_normal((200, 200)).astype(np.float32)
small = kernels.matmul(x, x)
parent, children = os.getpid(), []

def fork(number, frame):
    if os.getpid() == parent and not children:
        children.append(os.fork())
        if children[-1] == 0:
            signal.alarm(60)

signal.signal(signal.SIGALRM, fork)
many = np.broadcast_to(x, (4000, 200, 200))
signal.setitimer(signal.ITIMER_REAL, 0.15)
while not children:
    y = kernels.matmul(many, many)
right = (y == small).all()
if os.getpid() != parent:
    os._exit(not right)
print(right, os.waitpid(children[0], 0)[1])
"""


@pytest.fixture(params=["pool", "openmp"])
def run(request):
    """Run Python with one provider."""

    def run(*arguments):
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env={**os.environ, "FASTNN_THREADING": request.param},
            capture_output=True,
            text=True,
            timeout=120,
        )

    return run


def test_forks_after_a_parallel_region(run):
    done = run("-m", "benches.forks", "20")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "20 forks, 0 hung or failed" in done.stdout


def test_forks_while_others_compute(run):
    done = run("-c", BUSY)
    assert done.stdout == "[]\n", done.stderr


def test_forks_while_others_read_packed_weights(run):
    done = run("-c", PACKED)
    assert done.stdout == "{0}\n", done.stderr


def test_a_fork_within_a_long_kernel(run):
    done = run("-c", HANDLER)
    assert done.stdout == "True 0\n", done.stderr


def test_a_pool_of_forked_workers(run):
    done = run("-c", POOL)
    assert done.stdout == "True\n", done.stderr
