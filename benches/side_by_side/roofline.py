"""The measured roofline: FMA rate per instruction set and triad bandwidth per size."""

from __future__ import annotations

import json
import math
import os
import platform
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .disturbance import LIMIT, Watch

SOURCE = Path(__file__).with_name("roofline.cpp")
LEVELS = {
    "v4": (64, "-march=x86-64-v4", "avx512f"),
    "v3": (32, "-march=x86-64-v3", "avx2"),
    "v2": (16, "-march=x86-64-v2", "sse4_2"),
}


@dataclass(frozen=True)
class Roofline:
    """GF/s and GB/s for one number of threads and one instruction set."""

    level: str
    threads: int
    fp32: float
    fp64: float
    triad: list[tuple[int, float]]
    update: list[tuple[int, float]]

    def bandwidth(self, working_set: float) -> float:
        """Bytes per second for a working set, between the measured sizes by interpolation."""
        sizes = [math.log(size) for size, _ in self.triad]
        rates = [max(a, b) for (_, a), (_, b) in zip(self.triad, self.update, strict=True)]
        return 1e9 * float(np.interp(math.log(max(working_set, 1)), sizes, rates))

    def seconds(
        self, flops: float, count: float, working_set: float = 0.0, dtype: str = "fp32"
    ) -> float:
        """The time at the roofline for ``flops`` operations and ``count`` bytes."""
        peak = (self.fp64 if dtype == "fp64" else self.fp32) * 1e9
        return max(flops / peak, count / self.bandwidth(working_set or count))


def better(one: list[tuple[int, float]], other: list[tuple[int, float]]) -> list[tuple[int, float]]:
    """The higher rate at each size."""
    return [(size, max(a, b)) for (size, a), (_, b) in zip(one, other, strict=True)]


def highest(first: dict[str, Roofline], second: dict[str, Roofline]) -> dict[str, Roofline]:
    """The higher of two measurements: other tenants share the memory, so its rate drifts."""
    return {
        name: Roofline(
            one.level,
            one.threads,
            max(one.fp32, second[name].fp32),
            max(one.fp64, second[name].fp64),
            better(one.triad, second[name].triad),
            better(one.update, second[name].update),
        )
        for name, one in first.items()
    }


def cpu_flags() -> set[str]:
    """Feature names of the CPU, empty if unknown."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text().splitlines() if path.exists() else []
    flags = next((line for line in lines if line.startswith("flags")), ":")
    return set(flags.split(":", 1)[1].split())


def undisturbed(program: str, threads: int) -> dict[str, Any]:
    """Run the program, up to five times if other processes used the machine meanwhile."""
    for _ in range(5):
        watch, before = Watch(), os.times()
        output = subprocess.run([program, str(threads)], check=True, capture_output=True)
        after = os.times()
        own = sum(after[2:4]) - sum(before[2:4])
        if watch.foreign(own) < LIMIT:
            break
    return dict(json.loads(output.stdout))


def measure(threads: int) -> dict[str, Roofline]:
    """Rooflines by level, with the best also as "best"; empty without a compiler or x86-64."""
    compiler = shutil.which("g++")
    if compiler is None or platform.machine() not in ("x86_64", "AMD64"):
        return {}
    flags = cpu_flags()
    rooflines: dict[str, Roofline] = {}
    with tempfile.TemporaryDirectory() as folder:
        for level, (width, march, feature) in LEVELS.items():
            if feature not in flags:
                continue
            program = str(Path(folder) / f"roofline_{level}")
            command = [compiler, "-O3", march, "-fopenmp", f"-DVECTOR_BYTES={width}"]
            # without it GCC 12 prefers 256-bit vectors for the triad loop
            command += [f"-mprefer-vector-width={max(128, width * 8)}"]
            subprocess.run([*command, str(SOURCE), "-o", program], check=True)
            found = undisturbed(program, threads)
            streams = [[(int(s), float(r)) for s, r in found[n]] for n in ("triad", "update")]
            rooflines[level] = Roofline(level, threads, found["fp32"], found["fp64"], *streams)
            if len(rooflines) == 2:
                break
    if rooflines:
        rooflines["best"] = next(iter(rooflines.values()))
    return rooflines
