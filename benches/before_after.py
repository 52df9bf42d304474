"""Compares two checkouts of fastnn by the side-by-side workloads and the cost of small calls.

    python -m benches.before_after CHECKOUT [--only REGEX] [--rounds 3] [--processes 3]
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
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
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
Pair = tuple[Timing, Timing]
FASTNN = LIBRARIES[0]


@contextmanager
def processes(settings: Sequence[Settings], options: argparse.Namespace) -> Iterator[list[Process]]:
    """A worker in each checkout."""
    pair = [
        Process(replace(FASTNN, environment=setting), sys.executable, options.threads, root)
        for root, setting in zip((options.other, ROOT), settings)
    ]
    try:
        for process in pair:
            process.greet()
            if process.absent:
                raise SystemExit(f"{process.root}: {process.absent}")
        yield pair
    finally:
        for process in pair:
            process.close()


def run_workload(
    workload: Workload, timings: Pair, pair: list[Process], digits: str, options: argparse.Namespace
) -> None:
    """Time one workload in both checkouts, alternately."""
    extra = {"path": digits} if workload.kind == "digits" else {}
    for process in pair:
        process.ask("clear")
        reply = process.ask(
            "build", key="case", kind=workload.kind, size=workload.size, variant="", extra=extra
        )
        if "failed" in reply:
            raise SystemExit(f"{workload.name}: {process.root}: {reply['failed']}")
    for turn in range(options.rounds):
        for i in (0, 1) if turn % 2 == 0 else (1, 0):
            quiet_turn(timings[i], pair[i], "case", options.seconds)
            if timings[i].problem:
                raise SystemExit(f"{workload.name}: {pair[i].root}: {timings[i].problem}")


def workload_rows(settings: Sequence[Settings], options: argparse.Namespace) -> Rows:
    """Median of every workload over all rounds.

    Where memory lies differs from process to process, and with it the times of large arrays: so
    there are several pairs of processes.
    """
    pattern = re.compile(options.only)
    chosen = [
        w for w in WORKLOADS if pattern.search(w.name) and set(FASTNN.entries) & set(w.entries)
    ]
    timings: list[Pair] = [(Timing(), Timing()) for _ in chosen]
    with tempfile.TemporaryDirectory() as folder:
        digits = str(Path(folder) / "digits.npz")
        inputs.save_digits(digits)
        for _ in range(options.processes if chosen else 0):
            with processes(settings, options) as pair:
                for workload, timing in zip(chosen, timings):
                    run_workload(workload, timing, pair, digits, options)
    return [(w.name, median(a.rounds), median(b.rounds)) for w, (a, b) in zip(chosen, timings)]


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
    parser.add_argument("--rounds", type=int, default=3, help="per pair of processes")
    parser.add_argument("--processes", type=int, default=3, help="pairs of processes")
    parser.add_argument("--seconds", type=float, default=0.25, help="length of a turn")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument(
        "--environment", metavar="NAME=VALUE", action="append", default=[], help="of the other one"
    )
    options = parser.parse_args(argv)
    options.other = options.other.resolve()
    settings: list[Settings] = [dict(item.split("=", 1) for item in options.environment), {}]
    rows = workload_rows(settings, options)
    if re.search(options.only, "micro"):
        rows += micro_rows((options.other, ROOT), settings, options.rounds * options.processes)
    show(rows)
    ratios = [other / own for _, other, own in rows]
    mean = math.exp(sum(map(math.log, ratios)) / len(ratios)) if ratios else math.nan
    print(
        f"{len(rows)} rows, geometric mean {mean:.3f}, minimum {min(ratios, default=math.nan):.3f}"
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
