"""Cost of one small op through the tape, of one kernel call and of one backward node.

Arrays hold 8 floats, so the arithmetic is negligible and the times show the overhead.

    python -m benches.micro [--peers-python PATH]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from statistics import median
from typing import Any

import numpy as np

from .side_by_side.libraries import ROOT
from .timing import block

CHAIN = 200
BLOCKS, CALLS = 100, 50
Steps = dict[str, Callable[[], Any]]


def values() -> Any:
    """Eight floats."""
    return np.linspace(-1, 1, 8, dtype=np.float32)


def fastnn_steps() -> Steps:
    """The calls in fastnn."""
    import fastnn
    from fastnn import kernels, nn

    fastnn.set_num_threads(1)
    array = values()
    plain = fastnn.from_numpy(array)
    leaf = fastnn.tensor(array, requires_grad=True)
    layer = nn.Linear(8, 8)
    return {
        "kernel call": lambda: kernels.tanh(array),
        "op, no gradient": lambda: fastnn.tanh(plain),
        "op through the tape": lambda: fastnn.tanh(leaf),
        "binary op through the tape": lambda: leaf + plain,
        "Linear(8, 8) through the tape": lambda: layer(plain),
        "chain": lambda: chain(fastnn.tanh, leaf),
        "chain, backward": lambda: chain(fastnn.tanh, leaf).backward(plain),
    }


def torch_steps() -> Steps:
    """The calls in PyTorch."""
    import torch

    torch.set_num_threads(1)
    array = values()
    plain = torch.from_numpy(array)
    leaf = torch.tensor(array, requires_grad=True)
    layer = torch.nn.Linear(8, 8)
    return {
        "op, no gradient": lambda: torch.tanh(plain),
        "op through the tape": lambda: torch.tanh(leaf),
        "binary op through the tape": lambda: leaf + plain,
        "Linear(8, 8) through the tape": lambda: layer(plain),
        "chain": lambda: chain(torch.tanh, leaf),
        "chain, backward": lambda: chain(torch.tanh, leaf).backward(plain),
    }


def numpy_steps() -> Steps:
    """The calls in NumPy, for comparison."""
    array = values()
    return {
        "kernel call": lambda: np.tanh(array),
        "op, no gradient": lambda: np.tanh(array),
    }


def chain(op: Callable[[Any], Any], x: Any) -> Any:
    """A chain of many ops."""
    for _ in range(CHAIN):
        x = op(x)
    return x


def measure(steps: Steps) -> dict[str, list[float]]:
    """Minimum and median µs per call."""
    found = {}
    for name, step in steps.items():
        calls = max(1, CALLS // CHAIN) if name.startswith("chain") else CALLS
        block(step, 3 * calls)
        times = [block(step, calls) * 1e6 for _ in range(BLOCKS)]
        found[name] = [min(times), median(times)]
    if "chain" in found:
        forward, both = found.pop("chain"), found.pop("chain, backward")
        found["one backward node"] = [(b - f) / CHAIN for f, b in zip(forward, both, strict=True)]
    return found


STEPS = {"fastnn": fastnn_steps, "torch": torch_steps, "numpy": numpy_steps}


def compare(own: str, peers: str, rounds: int) -> dict[str, dict[str, list[list[float]]]]:
    """Run the libraries alternately, a process each: {library: {call: [[min, median], ...]}}."""
    found: dict[str, dict[str, list[list[float]]]] = {name: {} for name in STEPS}
    for _ in range(rounds):
        for name in STEPS:
            python = peers if name == "torch" else own
            command = [python, "-m", "benches.micro", "--only", name]
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
            if done.returncode:
                print(f"{name}: absent ({done.stderr.strip().splitlines()[-1]})", file=sys.stderr)
                continue
            for call, pair in json.loads(done.stdout).items():
                found[name].setdefault(call, []).append(pair)
    return {name: calls for name, calls in found.items() if calls}


def table(found: dict[str, dict[str, list[list[float]]]]) -> list[list[str]]:
    """Heading and rows: minimum / median of the medians."""
    calls = dict.fromkeys(call for costs in found.values() for call in costs)
    rows = [["µs", *found]]
    for call in calls:
        pairs = [costs.get(call, []) for costs in found.values()]
        cells = [f"{min(p)[0]:.2f} / {median(m for _, m in p):.2f}" if p else "" for p in pairs]
        rows.append([call, *cells])
    return rows


def lines(found: dict[str, dict[str, list[list[float]]]]) -> list[str]:
    """The table as text."""
    return [
        f"{name:32}" + "".join(f"{cell:>18}" for cell in cells) for name, *cells in table(found)
    ]


def main(argv: Sequence[str] | None = None) -> int:
    """Print a table of µs, minimum / median of the medians."""
    parser = argparse.ArgumentParser(prog="python -m benches.micro", description=__doc__)
    parser.add_argument("--peers-python", default=sys.executable)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=list(STEPS), help="run this library in this process")
    options = parser.parse_args(argv)
    if options.only:
        print(json.dumps(measure(STEPS[options.only]())))
        return 0
    print("\n".join(lines(compare(sys.executable, options.peers_python, options.rounds))))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
