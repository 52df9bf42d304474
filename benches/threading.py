"""Compares the two threading providers: the cost of a region, training steps, and forks.

``python -m benches.threading`` prints a table for docs/dev/threading.md: the median time under each
provider, first on a quiet machine, then with eight busy processes. The providers alternate.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

import fastnn
from fastnn import nn
from fastnn.optim import SGD

from .timing import block

ROOT = Path(__file__).parents[1]
CSRC = ROOT / "csrc"
PROVIDERS = ("pool", "openmp")
BUSY = 8
SECONDS = 0.05  # of a block


def step_of(model: nn.Module, x: Any, loss: Callable[[Any], Any]) -> Callable[[], None]:
    """One training step as a function."""
    optimizer = SGD(model.parameters(), lr=1e-3)

    def step() -> None:
        optimizer.zero_grad()
        loss(model(x)).backward()
        optimizer.step()

    return step


def steps() -> dict[str, Callable[[], None]]:
    """Training steps of three small networks."""
    random = np.random.default_rng(0)
    fastnn.manual_seed(0)

    def normal(*shape: int) -> Any:
        return fastnn.from_numpy(random.standard_normal(shape).astype(np.float32))

    labels = fastnn.from_numpy(random.integers(0, 10, 64))
    classify = nn.CrossEntropyLoss()
    mlp = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))
    conv = nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(32 * 7 * 7, 10),
    )  # fmt: skip
    return {
        "MLP 784-128-10, batch 64": step_of(mlp, normal(64, 784), lambda y: classify(y, labels)),
        "LSTM 64-128, 32 steps, batch 32": step_of(
            nn.LSTM(64, 128), normal(32, 32, 64), lambda y: (y[0] * y[0]).mean()
        ),
        "CNN 16-32 on 28×28, batch 64": step_of(
            conv, normal(64, 1, 28, 28), lambda y: classify(y, labels)
        ),
    }


def in_turns(step: Callable[[], None], blocks: int) -> list[float]:
    """Median seconds of a step under each provider."""
    count = max(1, int(SECONDS / max(block(step, 3), 1e-9)))
    times: list[list[float]] = [[] for _ in PROVIDERS]
    for _ in range(blocks):
        for name, taken in zip(PROVIDERS, times, strict=True):
            fastnn.set_threading(name)
            block(step, max(1, count // 10))
            taken.append(block(step, count))
    return [median(taken) for taken in times]


def build(folder: str) -> Path:
    """Compile threading.cpp."""
    program = Path(folder) / "threading"
    flags = ["-std=c++20", "-O3", "-fopenmp", f"-I{CSRC}"]
    defined = ["-DFASTNN_ISA_LEVELS=Isa::v2", '-DFASTNN_THREADING="pool"']
    sources = [Path(__file__).with_suffix(".cpp"), *sorted((CSRC / "core").glob("*.cpp"))]
    command = [os.environ.get("CXX", "g++"), *flags, *defined, *sources, "-o", program]
    subprocess.run(command, check=True)
    return program


def regions(program: Path, threads: int, blocks: int) -> list[float]:
    """Median seconds of an empty region under each provider."""
    command = [program, str(threads), str(blocks)]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [float(line) * 1e-9 for line in printed.split()]


@contextmanager
def busy(count: int) -> Iterator[None]:
    """Run `count` busy processes during the block."""
    children = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for child in children:
            child.kill()
            child.wait()


def forks(count: int) -> None:
    """Run benches/forks.py under each provider."""
    for name in PROVIDERS:
        environment = {**os.environ, "FASTNN_THREADING": name}
        command = [sys.executable, "-m", "benches.forks", str(count)]
        done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True)
        print(f"{name}: {done.stdout.strip()}{done.stderr.strip()}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--blocks", type=int, default=21)
    parser.add_argument("--threads", type=int, default=max(2, fastnn.get_num_threads()))
    parser.add_argument("--forks", type=int, default=1000)
    options = parser.parse_args()
    fastnn.set_num_threads(options.threads)
    print(f"{options.threads} threads; ISA {fastnn.isa()}; load {os.getloadavg()[0]:.1f}")
    print("| | " + " | ".join(PROVIDERS) + " |\n|---|" + "---|" * len(PROVIDERS))
    with tempfile.TemporaryDirectory() as folder:
        program = build(folder)
        for others in (0, BUSY):
            words = f", with {others} busy processes" if others else ""
            with busy(others):
                rows = {"empty region": regions(program, options.threads, options.blocks)}
                for name, step in steps().items():
                    rows[name] = in_turns(step, options.blocks)
            for name, times in rows.items():
                print(
                    f"| {name}{words} | " + " | ".join(f"{t * 1e6:,.1f} µs" for t in times) + " |"
                )
    forks(options.forks)


if __name__ == "__main__":
    main()
