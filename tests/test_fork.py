"""After a fork the child computes on one thread and never hangs."""

import subprocess
import sys
from pathlib import Path

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


def run(*arguments):
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=120
    )


def test_forks_after_a_parallel_region():
    done = run("-m", "benches.forks", "20")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "20 forks, 0 hung or failed" in done.stdout


def test_a_pool_of_forked_workers():
    done = run("-c", POOL)
    assert done.stdout == "True\n", done.stderr
