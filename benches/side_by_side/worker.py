"""The process of one library: reads requests as JSON lines, replies on the original stdout."""

from __future__ import annotations

import gc
import importlib
import json
import os
import sys
import traceback
from itertools import repeat
from time import perf_counter, process_time
from typing import Any

import numpy as np

from .inputs import digest

BLOCKS = 8  # a turn is timed in blocks, so that a disturbance affects only one


def block(step: Any, count: int) -> float:
    """Seconds per step over ``count`` steps."""
    start = perf_counter()
    for _ in repeat(None, count):
        step()
    return (perf_counter() - start) / count


class Worker:
    """The cases of one library."""

    def __init__(self, module: str, threads: int) -> None:
        self.impl = importlib.import_module(f".impl.with_{module}", __package__)
        self.version = self.impl.setup(threads)
        self.cases: dict[str, Any] = {}

    def clear(self) -> dict[str, Any]:
        """Drop all cases and their memory."""
        self.cases.clear()
        gc.collect()
        return {}

    def build(
        self, key: str, kind: str, size: list[int], variant: str, extra: dict[str, str]
    ) -> dict[str, Any]:
        """Make a case and return its answer, sampled if large."""
        case = self.impl.BUILDERS[kind](tuple(size), variant, **extra)
        self.cases[key] = case
        answer = np.asarray(case.answer())
        return {"shape": list(answer.shape), "answer": digest(answer).tolist()}

    def turn(self, key: str, seconds: float) -> dict[str, Any]:
        """Warm up and time one turn; return seconds per step of every block."""
        case = self.cases[key]
        used = process_time()
        case.reset()
        gc.collect()
        count, taken = 1, block(case.step, 1)
        while count * taken < seconds / BLOCKS:
            count *= 2
            taken = block(case.step, count)
        count = max(1, round(seconds / BLOCKS / taken))
        blocks = BLOCKS if taken * BLOCKS <= seconds else max(1, round(seconds / taken))
        times = [block(case.step, count) for _ in range(blocks)]
        return {"times": times, "count": count, "cpu": process_time() - used}


def main() -> None:
    """``worker MODULE THREADS``: serve until stdin closes."""
    channel = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # prints of a library go to stderr
    module, threads = sys.argv[1], int(sys.argv[2])
    try:
        worker = Worker(module, threads)
        reply: dict[str, Any] = {"version": worker.version}
    except Exception as problem:
        reply = {"absent": f"{type(problem).__name__}: {problem}"}
    channel.write(json.dumps(reply) + "\n")
    for line in sys.stdin:
        request = json.loads(line)
        try:
            reply = getattr(worker, request.pop("do"))(**request)
        except Exception as problem:
            traceback.print_exc()
            reply = {"failed": f"{type(problem).__name__}: {problem}"}
        channel.write(json.dumps(reply) + "\n")


if __name__ == "__main__":
    main()
