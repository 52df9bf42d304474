"""What benchmarks over a grid of cells share: their options, the run, and the text about it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence
from statistics import geometric_mean

from . import roofline
from .libraries import Process
from .results import Result, roofline_seconds
from .run import compare
from .workloads import Workload

Line = Callable[[Result], str]


def parser(prog: str, description: str | None, seconds: float) -> argparse.ArgumentParser:
    """The options of a grid."""
    found = argparse.ArgumentParser(prog=prog, description=description)
    found.add_argument("--threads", type=int, default=2)
    found.add_argument("--rounds", type=int, default=3, help="turns of each library per cell")
    found.add_argument("--seconds", type=float, default=seconds, help="length of a turn")
    found.add_argument("--peers-python", default=sys.executable, help="has PyTorch")
    found.add_argument("--quick", action="store_true", help="a few cells")
    return found


def run(
    cells: Iterable[Workload],
    processes: Sequence[Process],
    options: argparse.Namespace,
    line: Line,
) -> list[Result]:
    """Compare the libraries in every cell, and print its `line`."""
    rooflines = roofline.measure(options.threads)
    for process in processes:
        process.greet()
    results = []
    try:
        for workload in cells:
            result = compare(workload, processes, options, "")
            result.roofline_seconds = roofline_seconds(workload, rooflines)
            results.append(result)
            print(line(result), flush=True)
    finally:
        for process in processes:
            process.close()
    return results


def means(name: str, kind: str, results: Sequence[Result], line: Line) -> list[str]:
    """The mean ratio and share of the cells of one kind, and the worst of them."""
    rows = [r for r in results if r.workload.kind == kind and r.ratio("torch")]
    if not rows:
        return []
    rows.sort(key=lambda r: r.ratio("torch") or 0)
    ratios = [r.ratio("torch") or 0 for r in rows]
    shares = sorted(r.share("fastnn") or 0 for r in rows)
    return [
        f"{name}: {len(rows)} cells, geometric mean {geometric_mean(ratios):.2f}× PyTorch, "
        f"{sum(r < 1 for r in ratios)} below 1; median share of the roofline "
        f"{shares[len(shares) // 2]:.0%}; worst cells:",
        *[f"  {line(r)}" for r in rows[:5]],
    ]


def failures(results: Sequence[Result]) -> list[str]:
    """The cells in which a library failed."""
    wrong = [r for r in results if any(t.problem for t in r.timings.values())]
    return [f"failed: {r.workload.name}: {[t.problem for t in r.timings.values()]}" for r in wrong]
