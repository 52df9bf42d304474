"""The Markdown page of a run: misses first, then every workload, then the method."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timezone
from statistics import median

from .. import micro
from . import startup
from .report import Run, cpu_name, duration
from .results import Result

COLUMNS = ("torch", "jax", "onnxruntime", "sklearn", "numpy")


def row(cells: Iterable[str]) -> str:
    """One line of a table."""
    return "| " + " | ".join(cells) + " |"


def rival_cell(result: Result, column: str) -> str:
    """Time of a rival's fastest variant and the ratio to it."""
    entries = [e for e in result.workload.entries if e.split(" ")[0].split("-")[0] == column]
    ran = [e for e in entries if result.ran(e)]
    if not ran:
        problems = [result.timings[e].problem for e in entries if e in result.timings]
        return problems[0] if problems else ""
    entry = min(ran, key=lambda e: result.timings[e].seconds)
    ratio = result.ratio(entry)
    detail = entry.removeprefix(column).strip(" -")
    words = duration(result.timings[entry].seconds) + (f" ({detail})" if detail else "")
    return words + (f", **{ratio:.2f}×**" if ratio else "")


def workload_row(result: Result) -> str:
    """One workload: own time and share of the roofline, then the rivals."""
    own = result.workload.subject
    timing = result.timings.get(own)
    if timing is None or not timing.rounds:
        time, share = (timing.problem if timing else "absent"), ""
    else:
        time, value = duration(timing.seconds), result.share(own)
        if result.workload.kind == "matmul":
            time += f" ({result.workload.flops / timing.seconds * 1e-9:.0f} GF/s)"
        share = f"{value:.0%}" if value else ""
    targets = ", ".join(f"{t:g}× {rival}" for rival, t in result.workload.targets.items())
    cells = [rival_cell(result, column) for column in COLUMNS]
    return row([result.workload.name, time, share, *cells, targets])


def workloads_table(results: list[Result]) -> list[str]:
    """All workloads of a list."""
    if not results:
        return ["None.", ""]
    head = ["workload", "fastnn", "of the roofline", *COLUMNS, "target"]
    return [row(head), row(["---"] * len(head)), *map(workload_row, results), ""]


def roofline_section(run: Run) -> list[str]:
    """The measured rooflines."""
    lines = ["## Roofline", ""]
    levels = [roofline for name, roofline in run.rooflines.items() if name != "best"]
    if not levels:
        return [*lines, "Not measured: no compiler.", ""]
    for roofline in levels:
        lines.append(
            f"* {roofline.level}: {roofline.fp32:.0f} GF/s in float32, "
            f"{roofline.fp64:.0f} in float64 ({roofline.threads} threads)."
        )
    best = run.rooflines["best"]
    lines += ["", row(["working set, MB", *(f"{size / 2**20:g}" for size, _ in best.triad)])]
    lines.append(row(["---"] * (len(best.triad) + 1)))
    lines.append(row(["triad, GB/s", *(f"{rate:.0f}" for _, rate in best.triad)]))
    lines.append(row(["update, GB/s", *(f"{rate:.0f}" for _, rate in best.update)]))
    return [*lines, ""]


def startup_section(run: Run) -> list[str]:
    """Import times and sizes."""
    lines = ["## Import and size", ""]
    if run.imports:
        head = ["import, whole process", "seconds", "beyond NumPy"]
        lines += [row(head), row(["---"] * 3)]
        for name, times in run.imports.items():
            more = f"{startup.beyond(run.imports, name):.3f}" if name else ""
            lines.append(row([name or "(Python alone)", f"{median(times):.3f}", more]))
        lines.append("")
    if run.sizes:
        lines += [row(["size without dependencies, MB", "installed", "wheel"]), row(["---"] * 3)]
        for name, found in run.sizes.items():
            cells = [
                f"{found[kind]:.1f}" if kind in found else "" for kind in ("installed", "wheel")
            ]
            lines.append(row([name, *cells]))
        lines.append("")
    return lines


def micro_section(run: Run) -> list[str]:
    """The overhead of single calls."""
    if not run.micro:
        return []
    head, *rows = micro.table(run.micro)
    intro = "Arrays of 8 floats, one thread: minimum / median µs."
    return [
        "## Overhead of small calls",
        "",
        intro,
        "",
        row(head),
        row(["---"] * len(head)),
        *map(row, rows),
        "",
    ]


def markdown(run: Run) -> str:
    """The whole page."""
    missed = [result for result in run.results if result.verdicts()]
    met = [result for result in run.results if not result.verdicts()]
    versions = ", ".join(f"{name} {version}" for name, version in run.versions.items())
    lines = [
        "# Benchmarks",
        "",
        "Written by `python -m benches --write-docs`; do not edit by hand.",
        "",
        f"{datetime.now(timezone.utc):%Y-%m-%d %H:%M} UTC, {cpu_name()}, {run.threads} threads, "
        f"{run.rounds} rounds. {versions}.",
        "",
        "Times are medians over turns. A bold figure is the rival's time over fastnn's, the median "
        "of the ratios per round: above 1 fastnn is faster. A rival with several settings is "
        "shown with the fastest.",
        "",
        "![Ratios to the rivals](benchmarks.png)",
        "",
        "## Targets missed",
        "",
        *workloads_table(missed),
        *(f"* {word}" for word in run.misses()),
        "",
        "## Targets met",
        "",
        *workloads_table(met),
        *micro_section(run),
        *startup_section(run),
        *roofline_section(run),
        "## Method",
        "",
        "Each library runs in a separate process, bound to the same cores and the same number of "
        "threads. All answers are checked against float64 NumPy first; a wrong answer gets no "
        "time. Then the libraries take turns; after a warm-up a turn lasts a quarter of a second, "
        "in eight blocks whose median counts. A turn during which other processes used the machine "
        "is repeated. PyTorch runs eagerly, with `inference_mode` for inference, Adam in its "
        "plain, `foreach` and `fused` forms and convolutions in both memory formats; JAX runs "
        "the whole step under `jit` with donated state and waits for the result. The share of the "
        "roofline is the minimum time that the workload's arithmetic and memory traffic allow "
        "on this machine, over the measured time.",
        "",
    ]
    return "\n".join(lines)
