"""GEMM over a grid of sizes: share of the roofline per cell, cliffs and worst cells.

Two sets of cells: the full cube over a coarse list of sizes (float32, nothing transposed), and a
seeded random sample over all sizes, transpositions and types, each with a near neighbour. A cliff
is a cell whose share of the roofline is more than 1.2 times below that of its neighbour; suspects
are confirmed by measuring them again, alternating with the neighbour. Cells are measured in
batches; a batch is repeated if other processes used the machine.

    python -m benches.gemm_grid [--quick] [--csv FILE] [--plot FILE]
"""

from __future__ import annotations

import argparse
import csv
import itertools
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from .side_by_side.disturbance import measure_quietly
from .side_by_side.libraries import ROOT
from .side_by_side.roofline import Roofline, measure
from .timing import timed

COARSE = (1, 4, 8, 16, 32, 45, 64, 128, 300, 512, 1024, 2048)
SIZES = (1, 2, 3, 4, 5, 7, 8, 16, 17, 31, 32, 33, 45, 46, 63, 64, 65, 100, 128, 256, 300, 512)
LARGE = (1024, 2048)
# Neighbours differ by one step in one dimension. The share of the roofline should not fall.
NEAR = dict(itertools.pairwise((*SIZES, *LARGE)))
CLOSE = 1.15  # sizes this near are neighbours in both directions
CLIFF = 1.2
DOCS = ROOT / "docs"
PAGE = """# GEMM over a grid of sizes

Written by `python -m benches.gemm_grid --write-docs`; do not edit by hand. {threads} threads.

![Share of the roofline](gemm-grid.png)

```text
{text}
```
"""
BATCH = 40  # about half a second


@dataclass(frozen=True, order=True)
class Cell:
    """One product: ``op(a) (m, k) @ op(b) (k, n)``; ``trans`` is "nn", "nt", "tn" or "tt"."""

    m: int
    n: int
    k: int
    trans: str = "nn"
    dtype: str = "float32"

    @property
    def flops(self) -> float:
        """Multiplications and additions."""
        return 2.0 * self.m * self.n * self.k

    def __str__(self) -> str:
        return f"{self.m}x{self.n}x{self.k} {self.trans} {self.dtype}"


@dataclass
class Measured:
    """A cell and its measured time."""

    cell: Cell
    seconds: float
    share: float


def library(name: str, threads: int) -> Callable[[Any, Any], Any]:
    """The product of a library on plain arrays."""
    if name == "numpy":
        return np.matmul
    import fastnn
    from fastnn import kernels

    fastnn.set_num_threads(threads)
    return kernels.matmul


@cache
def operand(rows: int, columns: int, transposed: bool, dtype: str) -> Any:
    """A random matrix, in column-major order if transposed."""
    shape = (columns, rows) if transposed else (rows, columns)
    values = np.random.default_rng(rows * 4096 + columns).standard_normal(shape).astype(dtype)
    return values.T if transposed else values


def operands(cell: Cell) -> tuple[Any, Any]:
    """Both operands of a cell."""
    a = operand(cell.m, cell.k, cell.trans[0] == "t", cell.dtype)
    return a, operand(cell.k, cell.n, cell.trans[1] == "t", cell.dtype)


def check(cell: Cell, product: Any) -> None:
    """Compare with float64 along one random direction: O(n²) finds any wrong element."""
    a, b = (x.astype(np.float64) for x in operands(cell))
    v = np.random.default_rng(0).uniform(1, 2, cell.n)
    expected, found = a @ (b @ v), product.astype(np.float64) @ v
    scale = np.abs(a) @ (np.abs(b) @ v) * np.finfo(cell.dtype).eps
    worst = float(np.max(np.abs(found - expected) / scale))
    if product.shape != (cell.m, cell.n) or not worst < 4 + cell.k**0.5:
        raise AssertionError(f"{cell}: wrong product, error {worst:.1f} eps of the sum of sizes")


def roofline_seconds(cell: Cell, roofline: Roofline) -> float:
    """The time of a cell at the roofline."""
    size = 4 if cell.dtype == "float32" else 8
    bytes_ = float(size * (cell.m * cell.k + cell.k * cell.n + cell.m * cell.n))
    return roofline.seconds(cell.flops, bytes_, bytes_, "fp32" if size == 4 else "fp64")


def run_cell(cell: Cell, product: Callable[[Any, Any], Any], roofline: Roofline) -> Measured:
    """Check and time one cell."""
    a, b = operands(cell)
    check(cell, product(a, b))
    seconds = timed(lambda: product(a, b), seconds=1e-3).least
    return Measured(cell, seconds, roofline_seconds(cell, roofline) / seconds)


def neighbour(cell: Cell, dimension: str) -> Cell | None:
    """The cell one size further in one dimension."""
    sizes = {"m": cell.m, "n": cell.n, "k": cell.k}
    size = NEAR.get(sizes[dimension])
    return replace(cell, **(sizes | {dimension: size})) if size else None  # type: ignore[arg-type]


def cells(count: int, seed: int) -> list[Cell]:
    """The cube and the sample with its neighbours, without repeats."""
    rng = random.Random(seed)
    chosen = {Cell(m, n, k) for m, n, k in itertools.product(COARSE, repeat=3)}
    for _ in range(count):
        m, n, k = (rng.choice(SIZES + LARGE) for _ in range(3))
        trans, dtype = rng.choice(("nn", "nt", "tn", "tt")), rng.choice(("float32", "float64"))
        cell = Cell(m, n, k, trans, dtype)
        chosen.add(cell)
        dimensions = [d for d in "mnk" if getattr(cell, d) < 512]
        if dimensions and (other := neighbour(cell, rng.choice(dimensions))):
            chosen.add(other)
    return sorted(chosen)


def run_cells(
    chosen: Sequence[Cell], product: Callable[[Any, Any], Any], roofline: Roofline
) -> list[Measured]:
    """Measure all cells in batches, repeated while other processes are active."""
    found: list[Measured] = []
    for start in range(0, len(chosen), BATCH):
        batch = chosen[start : start + BATCH]
        found += measure_quietly(
            lambda batch=batch: [run_cell(cell, product, roofline) for cell in batch]
        )  # type: ignore[misc]
    return found


def remeasure(
    measured: list[Measured],
    product: Callable[[Any, Any], Any],
    roofline: Roofline,
    count: int = 60,
) -> list[Measured]:
    """Measure the cells with the lowest shares again, except tiny ones; keep the best time."""
    suspects = sorted(
        measured, key=lambda one: one.share if roofline_seconds(one.cell, roofline) > 1e-6 else 1
    )
    better = {one.cell: one for one in measured}
    for cell in [one.cell for one in suspects[:count]] * 3:
        found = measure_quietly(lambda cell=cell: run_cell(cell, product, roofline))  # type: ignore[misc]
        better[cell] = max(better[cell], found, key=lambda one: one.share)
    return list(better.values())


def pairs(measured: Iterable[Measured]) -> list[tuple[Measured, Measured]]:
    """Suspects: (slow, fast) neighbours by share of the roofline."""
    by_cell = {one.cell: one for one in measured}
    found = []
    for small, dimension in itertools.product(by_cell.values(), "mnk"):
        cell = neighbour(small.cell, dimension)
        if cell not in by_cell:
            continue
        large = by_cell[cell]
        if small.share > CLIFF * large.share:
            found.append((large, small))
        near = getattr(cell, dimension) <= CLOSE * getattr(small.cell, dimension)
        if near and large.share > CLIFF * small.share:
            found.append((small, large))
    return found


def confirm(
    suspects: Sequence[tuple[Measured, Measured]],
    product: Callable[[Any, Any], Any],
    roofline: Roofline,
) -> list[tuple[float, Cell, Cell]]:
    """Measure suspects and neighbours alternately; return (ratio of shares, slow, fast)."""
    cliffs = []
    for slow, fast in suspects:
        turns = [run_cell(one.cell, product, roofline).share for one in (slow, fast) * 3]
        ratio = max(turns[1::2]) / max(turns[::2])
        if ratio > CLIFF:
            cliffs.append((ratio, slow.cell, fast.cell))
    return sorted(cliffs, reverse=True)


def draw(measured: Iterable[Measured], path: Path, title: str) -> None:
    """Draw one heat map of m by n per k; colour is the share of the roofline."""
    import matplotlib as mpl

    mpl.use("agg")
    from matplotlib import pyplot as plt

    share = {(one.cell.m, one.cell.n, one.cell.k): one.share for one in measured}
    figure, panels = plt.subplots(3, 4, figsize=(14, 11), layout="constrained")
    for k, axes in zip(COARSE, panels.flat, strict=True):
        grid = [[100 * share.get((m, n, k), np.nan) for n in COARSE] for m in COARSE]
        image = axes.imshow(grid, origin="lower", vmin=0, vmax=100, cmap="viridis")
        for (y, row), x in itertools.product(enumerate(grid), range(len(COARSE))):
            ink = "black" if row[x] > 60 else "white"
            axes.text(x, y, f"{row[x]:.0f}", ha="center", va="center", size=6.5, color=ink)
        axes.set(title=f"k = {k}", xlabel="n", ylabel="m")
        axes.set_xticks(range(len(COARSE)), COARSE, rotation=90, size=7)
        axes.set_yticks(range(len(COARSE)), COARSE, size=7)
    figure.suptitle(title)
    figure.colorbar(image, ax=panels, shrink=0.6, label="% of the roofline")
    figure.savefig(path, dpi=90)
    plt.close(figure)


def summary(
    measured: list[Measured], cliffs: list[tuple[float, Cell, Cell]], roofline: Roofline
) -> list[str]:
    """The worst cells and the cliffs as text."""
    large = [one for one in measured if roofline_seconds(one.cell, roofline) >= 1e-5]
    small = [one for one in measured if roofline_seconds(one.cell, roofline) < 1e-6]
    lines = [f"{len(measured)} cells, {len(large)} of them with at least 10 µs of work"]
    if large:
        ordered = sorted(large, key=lambda one: one.share)
        middle = ordered[len(ordered) // 2].share
        lines.append(f"share of the roofline there: median {middle:.0%}, worst cells:")
        lines += [f"  {one.share:4.0%} {one.cell}" for one in ordered[:12]]
    if small:
        ordered = sorted(small, key=lambda one: one.seconds - roofline_seconds(one.cell, roofline))
        middle = ordered[len(ordered) // 2].seconds
        lines.append(
            f"{len(small)} cells with less than 1 µs of workload: median {middle * 1e6:.2f} µs"
        )
        lines += [f"  {one.seconds * 1e6:.2f} µs {one.cell}" for one in ordered[-5:]]
    lines.append(
        f"{len(cliffs)} cliffs (share of the roofline more than {CLIFF} times below a neighbour's):"
    )
    lines += [f"  {ratio:.2f} {slow} next to {fast}" for ratio, slow, fast in cliffs[:40]]
    return lines


def main(argv: Sequence[str] | None = None) -> int:
    """Run the grid and report."""
    parser = argparse.ArgumentParser(prog="python -m benches.gemm_grid", description=__doc__)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--library", choices=("fastnn", "numpy"), default="fastnn")
    parser.add_argument("--count", type=int, default=500, help="cells of the random sample")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="150 cells, no cube")
    parser.add_argument("--csv", type=Path, help="write every cell")
    parser.add_argument("--plot", type=Path, help="write the heat map")
    parser.add_argument("--write-docs", action="store_true", help="update docs/gemm-grid.*")
    options = parser.parse_args(argv)
    roofline = measure(options.threads)["best"]
    product = library(options.library, options.threads)
    chosen = cells(options.count, options.seed)
    if options.quick:
        chosen = random.Random(options.seed).sample(chosen, 150)
    measured = remeasure(run_cells(chosen, product, roofline), product, roofline)
    cliffs = confirm(pairs(measured), product, roofline)
    text = "\n".join(summary(measured, cliffs, roofline))
    print(text)
    if options.write_docs:
        options.plot = DOCS / "gemm-grid.png"
        (DOCS / "gemm-grid.md").write_text(PAGE.format(text=text, threads=options.threads))
    if options.csv:
        with options.csv.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["m", "n", "k", "trans", "dtype", "us", "gflops", "share"])
            for one in measured:
                c, rate = one.cell, one.cell.flops / one.seconds * 1e-9
                row = [c.m, c.n, c.k, c.trans, c.dtype]
                writer.writerow(
                    [*row, f"{one.seconds * 1e6:.3f}", f"{rate:.2f}", f"{one.share:.4f}"]
                )
    if options.plot:
        cube = [one for one in measured if one.cell.trans == "nn" and one.cell.dtype == "float32"]
        title = f"{options.library}: float32 GEMM (m, k) @ (k, n), {options.threads} threads"
        draw(cube, options.plot, title)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
