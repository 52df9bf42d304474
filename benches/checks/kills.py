"""Processes that are killed while they save: each leaves the old file or the new one, whole.

``python -m benches.checks.kills 100`` forks that many processes, each of which saves numbered files
over each other, and kills each at a random moment.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import fastnn


def save_for_ever(path: Path) -> None:
    """Save arrays of one number each, 1, 2, 3 and so on, under one name."""
    x = np.empty(200_000, np.float32)
    for number in range(1, 1 << 30):
        x[:] = number
        fastnn.save({"x": x, "number": number}, path)


def kill_one(seed: int) -> tuple[int, bool]:
    """Kill a process that saves: the number of the file that is there, and whether a part is."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x"
        child = os.fork()
        if not child:
            try:
                save_for_ever(path)
            finally:
                os._exit(1)
        while not path.exists():
            time.sleep(0.001)
        time.sleep(random.Random(seed).uniform(0, 0.03))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        loaded = fastnn.load(path)
        if not np.all(loaded["x"] == loaded["number"]):
            raise ValueError(f"seed {seed}: the file has parts of several")
        left = [p.name for p in Path(folder).iterdir() if p != path]
        if len(left) > 1 or not all(name.startswith(".fastnn-save-") for name in left):
            raise ValueError(f"seed {seed}: the folder has {left}")
        return loaded["number"], bool(left)


def main(count: int = 100) -> int:
    """Kill `count` processes; print how many were in the midst of a file."""
    results = [kill_one(seed) for seed in range(count)]
    print(
        f"{count} processes killed, {sum(part for _, part in results)} of them in the midst of a "
        f"file, after 1 to {max(number for number, _ in results)} files; every file is whole"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
