"""Compares two checkouts of fastnn by the side-by-side workloads and the cost of small calls.

    python -m benches.before_after CHECKOUT [--only REGEX] [--rounds 5]
    python -m benches.before_after . --environment FASTNN_THREADING=openmp

Both need their extension built in place (``make dev``). Each runs its own benches in a separate
process; the two alternate. A row is the ratio of medians, other / this: above 1 this one is faster.
The other one can have environment variables of its own, so that a checkout is compared with itself
under another setting.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median

from .side_by_side import inputs
from .side_by_side.libraries import LIBRARIES, ROOT, Process
from .side_by_side.results import Timing
from .side_by_side.run import quiet_turn
from .side_by_side.workloads import WORKLOADS, Workload

Rows = list[tuple[str, float, float]]  # name, seconds of the other checkout and of this one
Settings = dict[str, str]  # environment variables


def run_workload(
    workload: Workload, pair: list[Process], digits: str, options: argparse.Namespace
) -> Rows:
    """Time one workload in both checkouts, alternately."""
    extra = {"path": digits} if workload.kind == "digits" else {}
    timings = [Timing(), Timing()]
    for process, timing in zip(pair, timings):
        process.ask("clear")
        reply = process.ask(
            "build", key="case", kind=workload.kind, size=workload.size, variant="", extra=extra
        )
        timing.problem = reply.get("failed", "")
    for turn in range(options.rounds):
        order = (0, 1) if turn % 2 == 0 else (1, 0)
        for i in order:
            if not timings[i].problem:
                quiet_turn(timings[i], pair[i], "case", options.seconds)
    for process, timing in zip(pair, timings):
        if timing.problem:
            print(f"{workload.name}: {process.root}: {timing.problem}")
            return []
    return [(workload.name, median(timings[0].rounds), median(timings[1].rounds))]


def micro_rows(pair: Sequence[Path], settings: Sequence[Settings], rounds: int) -> Rows:
    """Cost of small calls: the minimum over all blocks."""
    least: list[dict[str, float]] = [{}, {}]
    for turn in range(rounds):
        for i in (0, 1) if turn % 2 == 0 else (1, 0):
            command = [sys.executable, "-m", "benches.micro", "--only", "fastnn"]
            environment = {**os.environ, **settings[i], "PYTHONPATH": str(pair[i])}
            done = subprocess.run(
                command, cwd=pair[i], env=environment, check=True, stdout=subprocess.PIPE, text=True
            )
            for call, (best, _) in json.loads(done.stdout).items():
                least[i][call] = min(best, least[i].get(call, math.inf))
    return [(f"micro: {call}", least[0][call] * 1e-6, least[1][call] * 1e-6) for call in least[1]]


def show(rows: Rows) -> None:
    """Print a line for each row."""
    for name, other, own in rows:
        print(f"{name:60} {other * 1e6:12.2f} {own * 1e6:12.2f} µs  {other / own:5.3f}", flush=True)


def main(argv: Sequence[str] | None = None) -> int:
    """Run, and print the geometric mean of the ratios."""
    parser = argparse.ArgumentParser(prog="python -m benches.before_after", description=__doc__)
    parser.add_argument("other", type=Path, metavar="CHECKOUT")
    parser.add_argument("--only", metavar="REGEX", default="", help="workloads whose name matches")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.25, help="length of a turn")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument(
        "--environment", metavar="NAME=VALUE", action="append", default=[], help="of the other one"
    )
    options = parser.parse_args(argv)
    roots = (options.other.resolve(), ROOT)
    pattern = re.compile(options.only)
    fastnn = LIBRARIES[0]
    rows: Rows = []
    settings: list[Settings] = [dict(item.split("=", 1) for item in options.environment), {}]
    pair = [
        Process(replace(fastnn, environment=setting), sys.executable, options.threads, root)
        for root, setting in zip(roots, settings)
    ]
    try:
        for process in pair:
            process.greet()
            if process.absent:
                raise SystemExit(f"{process.root}: {process.absent}")
        with tempfile.TemporaryDirectory() as folder:
            digits = str(Path(folder) / "digits.npz")
            inputs.save_digits(digits)
            for workload in WORKLOADS:
                if pattern.search(workload.name) and set(fastnn.entries) & set(workload.entries):
                    found = run_workload(workload, pair, digits, options)
                    show(found)
                    rows += found
    finally:
        for process in pair:
            process.close()
    if pattern.search("micro"):
        found = micro_rows(roots, settings, options.rounds)
        show(found)
        rows += found
    ratios = [other / own for _, other, own in rows]
    mean = math.exp(sum(map(math.log, ratios)) / len(ratios)) if ratios else math.nan
    print(
        f"{len(rows)} rows, geometric mean {mean:.3f}, minimum {min(ratios, default=math.nan):.3f}"
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
