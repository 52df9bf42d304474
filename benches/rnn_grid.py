"""LSTM and GRU over a grid of sizes, compared with PyTorch: ratios, share of the roofline, threads.

Every cell runs in fastnn with all threads, in fastnn with one, and in PyTorch, alternately, after
the answers are checked. A ratio is the median over rounds of PyTorch's time over fastnn's.

    python -m benches.rnn_grid --peers-python PYTHON [--quick] [--write-docs]
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from .side_by_side import grid, workloads
from .side_by_side.libraries import ROOT, Library, Process
from .side_by_side.results import Result
from .side_by_side.workloads import Workload

HIDDEN = (16, 32, 64, 128, 256, 512, 1024)
BATCH = (1, 8, 32, 128)
STEPS = (10, 100)
KINDS = ("lstm", "gru")
ONE = "fastnn, 1 thread"
SLOWER = 1.05  # limit for the time of two threads over that of one
DOCS = ROOT / "docs"
PAGE = """# LSTM and GRU over a grid of sizes

Written by `python -m benches.rnn_grid --write-docs`; do not edit by hand. {threads} threads,
float32, as many inputs as hidden units, PyTorch {version}.

![Times compared with PyTorch](rnn-grid.png)

```text
{text}
```
"""


def cells(quick: bool) -> Iterator[Workload]:
    """The grid: forward without a tape, and forward and backward with all gradients."""
    hidden, batch = (HIDDEN[::3], BATCH[::2]) if quick else (HIDDEN, BATCH)
    for kind, steps, n, h in itertools.product(KINDS, STEPS, batch, hidden):
        size = (steps, n, h, h, 1, 1)
        for workload in (
            workloads.recurrent_infer(kind, *size, targets={"torch": 1.0}),
            workloads.recurrent(kind, *size, target=1.0),
        ):
            yield replace(workload, entries=("fastnn", ONE, "torch"))


def slower(result: Result) -> float:
    """Time on all threads over the time on one."""
    return 1 / (result.ratio(ONE) or 1.0)


def line(result: Result) -> str:
    """A cell as text."""
    own, ratio, share = result.timings["fastnn"], result.ratio("torch"), result.share("fastnn")
    time = f"{own.seconds * 1e6:10.1f} µs" if own.rounds else own.problem
    beside = f"{ratio:5.2f}× PyTorch" if ratio else "alone"
    return f"{result.workload.name:36} {time}  {share or 0:4.0%} of roofline  {beside}"


def summary(results: Sequence[Result]) -> list[str]:
    """Means, the worst cells, and cells that are slower with a second thread."""
    lines = []
    for kind, what in itertools.product(KINDS, ("infer", "step")):
        name = f"{kind.upper()} {'forward' if what == 'infer' else 'f+b'}"
        lines += grid.means(name, f"{kind}_{what}", results, line)
    lines += grid.failures(results)
    lost = sorted((r for r in results if slower(r) > SLOWER), key=slower, reverse=True)
    lines.append(f"{len(lost)} cells more than {SLOWER - 1:.0%} slower with a second thread:")
    lines += [f"  {slower(r):.2f} {r.workload.name}" for r in lost[:12]]
    return lines


def draw(results: Sequence[Result], path: Path) -> None:
    """Draw a heat map of the ratios per kind, pass and number of steps."""
    import matplotlib as mpl

    mpl.use("agg")
    import numpy as np
    from matplotlib import pyplot as plt

    ratio = {(r.workload.kind, *r.workload.size[:3]): r.ratio("torch") or np.nan for r in results}
    kinds = [f"{kind}_{what}" for kind, what in itertools.product(KINDS, ("infer", "step"))]
    figure, panels = plt.subplots(2, 4, figsize=(15, 5), layout="constrained")
    for (steps, kind), axes in zip(itertools.product(STEPS, kinds), panels.flat, strict=True):
        ratios = np.array([[ratio.get((kind, steps, n, h), np.nan) for h in HIDDEN] for n in BATCH])
        image = axes.imshow(np.log2(ratios), origin="lower", vmin=-2, vmax=2, cmap="RdYlGn")
        for (y, x), value in np.ndenumerate(ratios):
            axes.text(x, y, f"{value:.2f}", ha="center", va="center", size=8)
        name, way = kind.split("_")
        axes.set_title(f"{name.upper()} {'forward' if way == 'infer' else 'f+b'}, T = {steps}")
        axes.set_xticks(range(len(HIDDEN)), HIDDEN)
        axes.set_yticks(range(len(BATCH)), BATCH)
        axes.set(xlabel="hidden units", ylabel="batch")
    figure.suptitle("PyTorch's time over fastnn's: above 1, fastnn is faster")
    bar = figure.colorbar(image, ax=panels, shrink=0.8, ticks=(-2, -1, 0, 1, 2))
    bar.ax.set_yticklabels(("¼", "½", "1", "2", "4"))
    figure.savefig(path, dpi=90)
    plt.close(figure)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the grid and report."""
    parser = grid.parser("python -m benches.rnn_grid", __doc__, seconds=0.05)
    parser.add_argument("--write-docs", action="store_true", help="update docs/rnn-grid.*")
    options = parser.parse_args(argv)
    processes = [
        Process(Library("fastnn", "fastnn"), sys.executable, options.threads),
        Process(Library(ONE, "fastnn"), sys.executable, 1),
        Process(Library("torch", "torch"), options.peers_python, options.threads),
    ]
    results = grid.run(cells(options.quick), processes, options, line)
    text = "\n".join(summary(results))
    print(text)
    if options.write_docs:
        draw(results, DOCS / "rnn-grid.png")
        version = processes[-1].version or "absent"
        page = PAGE.format(text=text, threads=options.threads, version=version)
        (DOCS / "rnn-grid.md").write_text(page)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
