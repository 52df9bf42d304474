"""Adding a thread slows no workload by more than a factor of 1.05."""

from __future__ import annotations

import sys
from statistics import median

import fastnn

from ..side_by_side.disturbance import measure_quietly
from ..side_by_side.impl.with_fastnn import BUILDERS
from ..side_by_side.report import duration
from ..side_by_side.workloads import WORKLOADS, Workload
from ..timing import timed

LIMIT = 1.05


def compare(workload: Workload, threads: int, rounds: int = 3) -> tuple[float, float]:
    """Seconds on one thread, and the median ratio of many threads to one, alternately."""
    case = BUILDERS[workload.kind](workload.size, "")
    alone, ratios = [], []
    for _ in range(rounds):
        times = []
        for count in (1, threads):
            fastnn.set_num_threads(count)
            case.reset()
            times.append(measure_quietly(lambda: timed(case.step, seconds=0.03)).least)
        alone.append(times[0])
        ratios.append(times[1] / times[0])
    return median(alone), median(ratios)


def main(threads: int = 2) -> int:
    """Print the time on one thread and the speed-up; fail if a workload is slower."""
    slower = 0
    for workload in WORKLOADS:
        if workload.kind == "digits" or workload.subject != "fastnn":
            continue
        seconds, ratio = compare(workload, threads)
        slower += ratio > LIMIT
        mark = "  SLOWER" if ratio > LIMIT else ""
        print(
            f"{workload.name:36} {duration(seconds):>9} on one, {1 / ratio:5.2f} times faster{mark}"
        )
    return 1 if slower else 0


if __name__ == "__main__":
    raise SystemExit(main(*map(int, sys.argv[1:])))
