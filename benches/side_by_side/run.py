"""Runs the workloads: libraries alternate, each in its own process, after a check of answers."""

from __future__ import annotations

import argparse
import math
import re
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from .. import micro
from . import inputs, reference, report, roofline, startup
from .disturbance import LIMIT, TRIES, Watch
from .libraries import LIBRARIES, ROOT, Process
from .results import Result, Timing, roofline_seconds
from .workloads import WORKLOADS, Workload

EXTRAS = ["import", "installed size", "micro costs"]
JSON = ROOT / "build" / "benchmarks.json"
WHEELS = [ROOT / "dist", ROOT / "wheelhouse"]


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benches", description=__doc__)
    parser.add_argument("--only", metavar="REGEX", default="", help="workloads whose name matches")
    parser.add_argument("--libraries", metavar="REGEX", default="", help="entries to run")
    parser.add_argument("--rounds", type=int, default=5, help="turns of each library per workload")
    parser.add_argument("--seconds", type=float, default=0.25, help="length of a turn")
    parser.add_argument("--quick", action="store_true", help="3 rounds of 0.06 s")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--python", default=sys.executable, help="interpreter that has fastnn")
    parser.add_argument("--peers-python", help="interpreter that has the other libraries")
    parser.add_argument("--wheels", type=Path, nargs="+", default=WHEELS, help="their folders")
    parser.add_argument("--json", type=Path, default=JSON, help="file for every round")
    parser.add_argument("--write-docs", action="store_true", help="update docs/benchmarks.*")
    parser.add_argument("--assert", dest="strict", action="store_true", help="fail on a miss")
    parser.add_argument("--list", action="store_true", help="print the workloads and stop")
    options = parser.parse_args(argv)
    if options.quick:
        options.rounds, options.seconds = 3, 0.06
    options.peers_python = options.peers_python or options.python
    return options


def start(options: argparse.Namespace, workloads: list[Workload]) -> list[Process]:
    """Start a worker for every library that a workload lists."""
    wanted = {entry for workload in workloads for entry in workload.entries}
    pattern = re.compile(options.libraries)
    processes = []
    for library in LIBRARIES:
        if wanted.intersection(library.entries) and pattern.search(library.name):
            own = library.module == "fastnn"
            python = options.python if own else options.peers_python
            processes.append(Process(library, python, options.threads))
    for process in processes:
        process.greet()
        state = f"absent ({process.absent})" if process.absent else process.version
        print(f"  {process.library.name:12} {state}", flush=True)
    return processes


def prepare(
    workload: Workload, processes: list[Process], digits: str
) -> dict[str, tuple[Timing, Process]]:
    """Build the workload in every library and check the answers."""
    expected = reference.REFERENCES[workload.kind](workload.size)
    extra = {"path": digits} if workload.kind == "digits" else {}
    entries = {}
    for process in processes:
        if process.absent:
            continue
        process.ask("clear")
        for entry, variant in zip(process.library.entries, process.library.variants, strict=True):
            if entry not in workload.entries:
                continue
            reply = process.ask(
                "build",
                key=entry,
                kind=workload.kind,
                size=workload.size,
                variant=variant,
                extra=extra,
            )
            timing = Timing(problem=reply.get("failed", ""))
            if not timing.problem:
                timing.error = reference.error(reply["shape"], reply["answer"], expected)
                if timing.error > workload.tolerance:
                    timing.problem = f"wrong answer (error {timing.error:.1e})"
            entries[entry] = (timing, process)
    return {entry: entries[entry] for entry in workload.entries if entry in entries}


def quiet_turn(timing: Timing, process: Process, entry: str, seconds: float) -> None:
    """One turn, repeated if other processes were active; the quietest one counts."""
    best = math.inf
    for _ in range(TRIES):
        watch = Watch()
        reply = process.ask("turn", key=entry, seconds=seconds)
        if "failed" in reply:
            timing.problem = reply["failed"]
            return
        foreign = watch.foreign(reply["cpu"])
        if foreign < best:
            best, times = foreign, reply["times"]
        if foreign < LIMIT:
            break
        time.sleep(0.3)
    timing.rounds.append(median(times))
    timing.foreign.append(round(best, 3))


def compare(
    workload: Workload, processes: list[Process], options: argparse.Namespace, digits: str
) -> Result:
    """Let the libraries take turns at one workload."""
    entries = prepare(workload, processes, digits)
    for _ in range(options.rounds):
        for entry, (timing, process) in entries.items():
            if timing.problem:
                continue
            quiet_turn(timing, process, entry, options.seconds)
    return Result(workload, {entry: timing for entry, (timing, _) in entries.items()})


def main(argv: Sequence[str] | None = None) -> int:
    """Run, print, and write the requested files."""
    options = parse(argv)
    pattern = re.compile(options.only)
    workloads = [workload for workload in WORKLOADS if pattern.search(workload.name)]
    if options.list:
        print("\n".join([workload.name for workload in WORKLOADS] + EXTRAS))
        return 0
    run = report.Run(threads=options.threads, rounds=options.rounds, seconds=options.seconds)
    run.rooflines = roofline.measure(options.threads)
    print(report.roofline_lines(run.rooflines), flush=True)
    processes = start(options, workloads)
    run.versions = {p.library.name: p.absent or p.version for p in processes}
    run.absent = [p.library.name for p in processes if p.absent]
    try:
        with tempfile.TemporaryDirectory() as folder:
            digits = str(Path(folder) / "digits.npz")
            if any(workload.kind == "digits" for workload in workloads):
                inputs.save_digits(digits)
            for workload in workloads:
                result = compare(workload, processes, options, digits)
                result.roofline_seconds = roofline_seconds(workload, run.rooflines)
                run.results.append(result)
                print(report.result_lines(result), flush=True)
    finally:
        for process in processes:
            process.close()
    run.rooflines = roofline.highest(run.rooflines, roofline.measure(options.threads))
    for result in run.results:
        result.roofline_seconds = roofline_seconds(result.workload, run.rooflines)
    if pattern.search("import"):
        run.imports = startup.import_times(options.python, options.peers_python, options.rounds)
        print(report.import_lines(run.imports), flush=True)
    if pattern.search("installed size"):
        run.sizes = startup.sizes(options.peers_python, options.wheels)
        print(report.size_lines(run.sizes), flush=True)
    if pattern.search("micro costs"):
        run.micro = micro.compare(options.python, options.peers_python, min(3, options.rounds))
        print("\n".join(micro.lines(run.micro)), flush=True)
    report.write(run, options.json, ROOT / "docs" if options.write_docs else None)
    return 1 if options.strict and run.misses() else 0


if __name__ == "__main__":
    raise SystemExit(main())
