"""Error and speed of simd/math.h and simd/activation.h, written into docs/dev/math.md.

    python -m tests.simd.table errors --jobs 2     # about ten minutes of one core
    python -m tests.simd.table activations         # about a minute
    python -m tests.simd.table speeds

`--prefix "nice -n 10"` is prepended to every command that computes.
"""

from __future__ import annotations

import argparse
import re
import shlex
import subprocess
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from . import toolchain

PAGE = toolchain.HERE.parent.parent / "docs" / "dev" / "math.md"
PARTS = 16  # float's bit patterns are measured in this many parts
DOUBLES = 10_000_000
TYPES = ("float", "double")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("table", choices=["errors", "activations", "speeds"])
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--prefix", type=shlex.split, default=[])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        levels = toolchain.offered(directory)
        libraries = {str(toolchain.library(level, directory)): level for level in levels}

        def run(*arguments: object) -> dict[str, float]:
            command = [*options.prefix, directory / "measure", *map(str, arguments), *libraries]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            rows = (line.split() for line in done.stdout.splitlines())
            return {libraries[path]: float(value) for path, value, *_ in rows}

        if options.table == "errors":
            write("errors", errors(run, options.jobs), levels, "{:.2f}")
        elif options.table == "activations":
            write_activations(run)
        else:
            libm = toolchain.libm(directory)
            libraries[str(libm)] = "libmvec"
            write("speeds", speeds(run), [*levels, "libmvec"], "{:.2f}")


def errors(run, jobs: int) -> dict[tuple[str, str], dict[str, float]]:
    """The largest error in ULP per function, type and level."""
    tasks = []
    for name in toolchain.FUNCTIONS:
        # Large arguments of sin and cos call the C library twice; pow has too many pairs.
        parts = 1 if name in ("sin", "cos", "pow") else PARTS
        tasks += [(name, "float", PARTS, first) for first in range(parts)]
        tasks.append((name, "double", DOUBLES, 1))
    table: dict[tuple[str, str], dict[str, float]] = {}
    with ThreadPoolExecutor(jobs) as pool:
        for task, worst in zip(tasks, pool.map(lambda t: run("error", *t), tasks)):
            row = table.setdefault(task[:2], worst)
            table[task[:2]] = {level: max(row[level], worst[level]) for level in row}
    return table


def write_activations(run) -> None:
    """The largest errors of every activation and its gradient, on any level."""
    lines = [["activation", "in", "float", "double", "gradient, float", "gradient, double"]]
    lines.append(["---"] * len(lines[0]))
    for name, (unit, *_) in toolchain.ACTIVATIONS.items():
        line = [f"`{name}`", "ULP" if unit == "ULP" else "ε"]
        for function, mode in (
            (name, "error" if unit == "ULP" else "absolute"),
            (f"{name}'", "absolute"),
        ):
            for kind, count in (("float", 1021), ("double", 200_000)):
                line.append(f"{max(run(mode, function, kind, count, 1).values()):.2f}")
        lines.append(line)
    replace("activations", lines)


def speeds(run) -> dict[tuple[str, str], dict[str, float]]:
    """Elements per nanosecond on one core, in L1."""
    return {(f, t): run("speed", f, t) for f in toolchain.FUNCTIONS for t in TYPES}


def write(marker: str, table: dict, columns: Iterable[str], form: str) -> None:
    """Write a table of functions between the markers of the page."""
    head = ["function", *(f"{t} {c}" for t in TYPES for c in columns)]
    lines = [head, ["---"] * len(head)]
    for name in toolchain.FUNCTIONS:
        lines.append(
            [f"`{name}`", *(form.format(table[name, t][c]) for t in TYPES for c in columns)]
        )
    replace(marker, lines)


def replace(marker: str, lines: list[list[str]]) -> None:
    """Write a table between the markers of the page."""
    text = "\n".join("| " + " | ".join(line) + " |" for line in lines)
    begin, end = f"<!-- {marker} -->", f"<!-- end of {marker} -->"
    page = PAGE.read_text()
    pattern = re.escape(begin) + ".*?" + re.escape(end)
    PAGE.write_text(re.sub(pattern, f"{begin}\n{text}\n{end}", page, flags=re.DOTALL))


if __name__ == "__main__":
    main()
