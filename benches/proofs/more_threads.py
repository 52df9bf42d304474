"""Adding a thread never makes a step slower than 1.05 times: the works at 1 and 2 threads."""

from __future__ import annotations

import sys
from statistics import median

import fastnn

from ..side_by_side.disturbance import calmly
from ..side_by_side.impl.with_fastnn import BUILDERS
from ..side_by_side.report import duration
from ..side_by_side.works import WORKS, Work
from ..timing import timed

LIMIT = 1.05


def compare(work: Work, threads: int, rounds: int = 3) -> tuple[float, float]:
    """Seconds on one thread, and the median ratio of many threads to one, in turns."""
    case = BUILDERS[work.kind](work.size, "")
    alone, ratios = [], []
    for _ in range(rounds):
        times = []
        for count in (1, threads):
            fastnn.set_num_threads(count)
            case.reset()
            times.append(calmly(lambda: timed(case.step, seconds=0.03)).least)
        alone.append(times[0])
        ratios.append(times[1] / times[0])
    return median(alone), median(ratios)


def main(threads: int = 2) -> int:
    """Print time on one thread and the gain; fail if a work got slower."""
    slower = 0
    for work in WORKS:
        if work.kind == "digits" or work.subject != "fastnn":
            continue
        seconds, ratio = compare(work, threads)
        slower += ratio > LIMIT
        mark = "  SLOWER" if ratio > LIMIT else ""
        print(f"{work.name:36} {duration(seconds):>9} on one, {1 / ratio:5.2f} times faster{mark}")
    return 1 if slower else 0


if __name__ == "__main__":
    raise SystemExit(main(*map(int, sys.argv[1:])))
