"""Reports of a run: progress text, JSON, a Markdown table and a plot."""

from __future__ import annotations

import json
import platform
import re
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from statistics import median
from typing import Any

from . import startup
from .disturbance import LIMIT
from .results import Result
from .roofline import Roofline


@dataclass
class Run:
    """All results of one run."""

    threads: int
    rounds: int
    seconds: float
    rooflines: dict[str, Roofline] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    absent: list[str] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)
    imports: dict[str, list[float]] = field(default_factory=dict)
    sizes: dict[str, dict[str, float]] = field(default_factory=dict)
    micro: dict[str, dict[str, list[list[float]]]] = field(default_factory=dict)

    def misses(self) -> list[str]:
        """The missed targets as text."""
        words = [f"{r.workload.name}: {word}" for r in self.results for word in r.verdicts()]
        if "fastnn" in self.imports and startup.beyond(self.imports, "fastnn") > 0.05:
            words.append("import: more than 0.05 s longer than NumPy")
        return words


def cpu_name() -> str:
    """Model name of the CPU."""
    path = Path("/proc/cpuinfo")
    found = re.search(r"model name\s*:\s*(.*)", path.read_text() if path.exists() else "")
    return found.group(1) if found else platform.processor()


def duration(seconds: float) -> str:
    """A time with three digits and its unit."""
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= scale:
            return f"{seconds / scale:.3g} {unit}"
    return f"{seconds * 1e9:.3g} ns"


def roofline_lines(rooflines: dict[str, Roofline]) -> str:
    """The rooflines as text."""
    lines = []
    for name, roofline in rooflines.items():
        if name == "best":
            continue
        triad = ", ".join(f"{size / 2**20:g} MB {rate:.0f}" for size, rate in roofline.triad)
        lines.append(
            f"roofline {roofline.level}, {roofline.threads} threads: "
            f"fp32 {roofline.fp32:.0f} GF/s, fp64 {roofline.fp64:.0f} GF/s; triad GB/s: {triad}"
        )
    return "\n".join(lines) or "roofline: not measured (no g++, or not x86-64)"


def result_lines(result: Result) -> str:
    """One workload as text."""
    lines = [result.workload.name]
    for entry, timing in result.timings.items():
        if timing.problem:
            lines.append(f"  {entry:14} {timing.problem}")
            continue
        share = result.share(entry)
        spread = (max(timing.rounds) - min(timing.rounds)) / timing.seconds
        rate = result.workload.flops / timing.seconds * 1e-9
        lines.append(
            f"  {entry:14} {duration(timing.seconds):>9}  "
            + (f"{rate:6.1f} GF/s  " if result.workload.flops else " " * 13)
            + (f"{share:4.0%} of roofline  " if share else " " * 18)
            + f"error {timing.error:.0e}  spread {spread:.0%}"
            + (f"  disturbed {max(timing.foreign):.0%}" if max(timing.foreign) > LIMIT else "")
        )
    lines += [f"  ! {word}" for word in result.verdicts()]
    return "\n".join(lines)


def import_lines(imports: dict[str, list[float]]) -> str:
    """Import times as text."""
    lines = ["import (whole process)"]
    for name, times in imports.items():
        lines.append(f"  {name or 'python':24} {median(times) * 1e3:6.0f} ms")
    return "\n".join(lines)


def size_lines(sizes: dict[str, dict[str, float]]) -> str:
    """Sizes as text."""
    lines = ["size without dependencies, MB"]
    for name, found in sizes.items():
        words = ", ".join(f"{kind} {size:.1f}" for kind, size in found.items())
        lines.append(f"  {name:24} {words}")
    return "\n".join(lines)


def as_json(run: Run) -> dict[str, Any]:
    """The whole run for a file."""
    whole = asdict(run)
    whole["machine"] = {"cpu": cpu_name(), "python": platform.python_version()}
    whole["date"] = datetime.now(timezone.utc).isoformat(timespec="seconds")
    for result, found in zip(run.results, whole["results"], strict=True):
        found["ratios"] = {rival: result.ratio(rival) for rival in result.workload.targets}
        found["misses"] = result.verdicts()
    return whole


def write(run: Run, json_path: Path | None, docs: Path | None) -> None:
    """Write the requested files."""
    if json_path is not None:
        json_path.parent.mkdir(parents=True, exist_ok=True)
        json_path.write_text(json.dumps(as_json(run), indent=1))
    if docs is not None:
        from . import plot, table

        docs.mkdir(exist_ok=True)
        (docs / "benchmarks.md").write_text(table.markdown(run))
        plot.draw(run, docs / "benchmarks.png")
