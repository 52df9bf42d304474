"""Reports of a run: text while it runs, JSON, a Markdown table and a picture."""

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
from .roof import Roof


@dataclass
class Run:
    """Everything one run found."""

    threads: int
    rounds: int
    seconds: float
    roofs: dict[str, Roof] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    absent: list[str] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)
    imports: dict[str, list[float]] = field(default_factory=dict)
    sizes: dict[str, dict[str, float]] = field(default_factory=dict)
    micro: dict[str, dict[str, list[list[float]]]] = field(default_factory=dict)

    def misses(self) -> list[str]:
        """Targets missed, in words."""
        words = [f"{r.work.name}: {word}" for r in self.results for word in r.verdicts()]
        if "fastnn" in self.imports and startup.beyond(self.imports, "fastnn") > 0.05:
            words.append("import: more than 0.05 s beyond NumPy")
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


def roof_lines(roofs: dict[str, Roof]) -> str:
    """The roofs as text."""
    lines = []
    for name, roof in roofs.items():
        if name == "best":
            continue
        triad = ", ".join(f"{size / 2**20:g} MB {rate:.0f}" for size, rate in roof.triad)
        lines.append(
            f"roof {roof.level}, {roof.threads} threads: fp32 {roof.fp32:.0f} GF/s, "
            f"fp64 {roof.fp64:.0f} GF/s; triad GB/s: {triad}"
        )
    return "\n".join(lines) or "roof: not measured (no g++, or not x86-64)"


def result_lines(result: Result) -> str:
    """One work as text."""
    lines = [result.work.name]
    for entry, timing in result.timings.items():
        if timing.problem:
            lines.append(f"  {entry:14} {timing.problem}")
            continue
        share = result.share(entry)
        spread = (max(timing.rounds) - min(timing.rounds)) / timing.seconds
        rate = result.work.flops / timing.seconds * 1e-9
        lines.append(
            f"  {entry:14} {duration(timing.seconds):>9}  "
            + (f"{rate:6.1f} GF/s  " if result.work.flops else " " * 13)
            + (f"{share:4.0%} of roof  " if share else " " * 14)
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
        found["ratios"] = {rival: result.ratio(rival) for rival in result.work.targets}
        found["misses"] = result.verdicts()
    return whole


def write(run: Run, json_path: Path | None, docs: Path | None) -> None:
    """Write the files that were asked for."""
    if json_path is not None:
        json_path.parent.mkdir(parents=True, exist_ok=True)
        json_path.write_text(json.dumps(as_json(run), indent=1))
    if docs is not None:
        from . import plot, table

        docs.mkdir(exist_ok=True)
        (docs / "benchmarks.md").write_text(table.markdown(run))
        plot.draw(run, docs / "benchmarks.png")
