"""The plot of a run: the ratio of every rival to fastnn, one row per workload."""

from __future__ import annotations

from pathlib import Path

from .report import Run
from .table import COLUMNS

COLOURS = {
    "torch": "#d1495b",
    "jax": "#00798c",
    "onnxruntime": "#edae49",
    "sklearn": "#66a182",
    "numpy": "#4a5d7e",
}


def draw(run: Run, path: Path) -> None:
    """Dots on a logarithmic axis; a bar marks the target."""
    import matplotlib as mpl

    mpl.use("agg")
    from matplotlib import pyplot as plt

    results = [r for r in run.results if r.ran(r.workload.subject)][::-1]
    figure, axes = plt.subplots(figsize=(10, 1.6 + 0.36 * len(results)), layout="constrained")
    for y, result in enumerate(results):
        for rival, target in result.workload.targets.items():
            axes.plot([target] * 2, [y - 0.35, y + 0.35], color=COLOURS[rival.split("-")[0]], lw=2)
        for column in COLUMNS:
            entries = [
                e for e in result.workload.entries if e.split(" ")[0].split("-")[0] == column
            ]
            ratios = [ratio for e in entries if (ratio := result.ratio(e)) is not None]
            if ratios:
                axes.plot(min(ratios), y, "o", color=COLOURS[column], ms=7, mec="white", mew=0.6)
    for name in COLUMNS:
        axes.plot([], [], "o", color=COLOURS[name], label=name)
    axes.plot([], [], "|", color="grey", ms=12, mew=2, label="target")
    axes.axvline(1, color="black", lw=1)
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}×")
    axes.set_yticks(range(len(results)), [r.workload.name for r in results])
    axes.set_ylim(-0.7, len(results) - 0.3)
    axes.grid(axis="x", color="#dddddd")
    axes.set_axisbelow(True)
    axes.set_xlabel("time of the library / time of fastnn (right of 1: fastnn is faster)")
    axes.set_title(f"fastnn side by side, {run.threads} threads")
    axes.legend(loc="upper center", bbox_to_anchor=(0.4, -0.08), ncols=6, frameon=False)
    figure.savefig(path, dpi=110)
    plt.close(figure)
