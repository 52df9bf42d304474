"""Resident memory does not grow over 10,000 training steps of changing shapes."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

import fastnn
from fastnn import optim

from .training_runs import model, step


def resident() -> float:
    """Resident memory in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def main(steps: int = 10_000) -> int:
    """Train on batches of 1…256 rows; compare memory after a tenth with memory at the end."""
    rng = np.random.default_rng(0)
    network = model(100, 200, 10)
    optimizer = optim.Adam(network.parameters(), lr=1e-3)
    levels = []
    for i in range(steps):
        rows = int(rng.integers(1, 257))
        x = rng.standard_normal((rows, 100), dtype=np.float32)
        step(network, optimizer, fastnn.tensor(x), fastnn.tensor(rng.integers(0, 10, rows)))
        if (i + 1) % (steps // 10) == 0:
            levels.append(resident())
            print(f"{i + 1} steps: {levels[-1]:.1f} MB")
    growth = levels[-1] - levels[0]
    print(f"growth after the first tenth: {growth:.2f} MB")
    return 0 if growth < 2 else 1


if __name__ == "__main__":
    raise SystemExit(main())
