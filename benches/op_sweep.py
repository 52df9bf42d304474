"""Every public op beside PyTorch: three sizes, four memory layouts, forward and with backward.

    python -m benches.op_sweep --out docs/op-sweep.md

Both libraries run in one process, on the same numbers, with the same number of threads; the first
call of a cell compares their results. The cells of an op are timed in turns: all of one library's,
then all of the other's, and a pause between, in which the threads of the last one fall asleep:
they look for work for some milliseconds, and hold the processors meanwhile. A ratio is that of the
medians, PyTorch's time over fastnn's: above 1 fastnn is faster. Needs PyTorch beside fastnn.
"""

from __future__ import annotations

import argparse
import itertools
import math
import statistics
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from .op_cases import OPS, Op

SIZES = {"small": (32, 10), "medium": (256, 512), "large": (2048, 1024)}
LAYOUTS = ("contiguous", "transposed", "strided", "broadcast")
ROUND_SECONDS = 0.002  # of calls in a turn
PAUSE = 0.03  # seconds between turns; OpenMP's threads look for work for 16 ms on Sapphire Rapids


def arrays(kinds: tuple[str, ...], shape: tuple[int, int], layout: str) -> list[np.ndarray]:
    """What the inputs are views of. For `broadcast` the last number, or the only one, is a row."""
    rng = np.random.default_rng(len(kinds))
    n, m = shape
    numbers = [k for k, kind in enumerate(kinds) if kind in "xpu"]
    made = []
    for k, kind in enumerate(kinds):
        size = {"transposed": (m, n), "strided": (n, 2 * m)}.get(layout, (n, m))
        if layout == "broadcast" and [k] == numbers[-1:]:
            size = (1, m)
        if kind == "i":
            made.append(rng.integers(0, 1 << 20, size))
        elif kind == "m":
            made.append(rng.random(size) < 0.5)
        else:
            x = rng.standard_normal(size).astype(np.float32)
            made.append({"p": np.abs(x) + 0.1, "u": np.tanh(x) * 0.9}.get(kind, x))
    return made


def view(x: Any, layout: str, shape: tuple[int, int]) -> Any:
    if layout == "transposed":
        return x.t()
    if layout == "strided":
        return x[:, ::2]
    return x.expand(shape) if layout == "broadcast" else x


class Cell:
    """One op of one library on inputs that are its own."""

    def __init__(self, lib: Any, op: Op, shape: tuple[int, int], layout: str, back: bool) -> None:
        self.lib, self.op, self.back = lib, op, back
        floats = [k in "xpu" for k in op.inputs]
        lone = sum(floats) == 1
        self.inputs = []
        for x, is_float in zip(arrays(op.inputs, shape, layout), floats):
            y = lib.from_numpy(x)
            if layout != "broadcast" or (is_float and lone):
                y = view(y, layout, shape)
            self.inputs.append(y.detach().requires_grad_() if is_float and back else y)
        self.dy: Any = None

    def call(self) -> Any:
        if not self.back:
            with self.lib.no_grad():
                return self.op.run(self.lib, *self.inputs)
        y = self.op.run(self.lib, *self.inputs)
        if self.dy is None:
            rng = np.random.default_rng(7)
            dy = rng.standard_normal(tuple(y.shape)).astype(np.asarray(y.detach()).dtype)
            self.dy = self.lib.from_numpy(np.asarray(dy))
        y.backward(self.dy)
        return y

    def gradients(self) -> list[Any]:
        return [np.asarray(x.grad + 0) for x in self.inputs if x.grad is not None]

    def forget(self) -> None:
        for x in self.inputs:
            x.grad = None

    def seconds(self, calls: int) -> float:
        total = 0.0
        for _ in range(calls):
            start = time.perf_counter()
            self.call()
            total += time.perf_counter() - start
            self.forget()
        return total / calls


def measure(pairs: list[tuple[Cell, Cell]], rounds: int) -> list[tuple[float, float]]:
    """The medians of each pair."""
    found: list[tuple[list[float], list[float]]] = [([], []) for _ in pairs]
    calls: dict[Cell, int] = {}
    for _ in range(rounds):
        for library in (0, 1):
            time.sleep(PAUSE)
            for pair, times in zip(pairs, found):
                cell = pair[library]
                once = cell.seconds(1)  # untimed: its arrays have left the caches
                if cell not in calls:
                    calls[cell] = max(1, min(200, int(ROUND_SECONDS / min(once, cell.seconds(2)))))
                times[library].append(cell.seconds(calls[cell]))
    return [(statistics.median(a), statistics.median(b)) for a, b in found]


def differs(a: Any, b: Any) -> bool:
    a, b = np.asarray(a.detach()), np.asarray(b.detach())
    if a.shape != b.shape:
        return True
    if a.dtype.kind != "f":
        return bool((a != b).mean() > 1e-3)
    with np.errstate(all="ignore"):
        scale = np.abs(b[np.isfinite(b)]).max(initial=1e-6)
        return not np.allclose(a, b, rtol=2e-3, atol=1e-4 * scale, equal_nan=True)


def agrees(ours: Cell, theirs: Cell, want: Any) -> bool:
    got = ours.call()
    pairs = zip(ours.gradients(), theirs.gradients())
    return not differs(got, want) and not any(
        differs(ours.lib.tensor(g), theirs.lib.tensor(w)) for g, w in pairs
    )


def cells(fastnn: Any, torch: Any, op: Op, failures: list[str]) -> dict[tuple[str, str, str], Any]:
    """Pairs of cells, each called once."""
    made = {}
    for size, layout, back in itertools.product(SIZES, LAYOUTS, (False, True)):
        if back and not op.backward:
            continue
        mode = "f+b" if back else "forward"
        theirs = Cell(torch, op, SIZES[size], layout, back)
        try:
            want = theirs.call()
        except Exception:  # what PyTorch refuses is no cell
            continue
        where = f"{op.name}, {size}, {layout}, {mode}"
        try:
            ours = Cell(fastnn, op, SIZES[size], layout, back)
            if not agrees(ours, theirs, want):
                failures.append(f"{where}: another result")
        except Exception as error:
            failures.append(f"{where}: {type(error).__name__}: {error}"[:160])
            continue
        ours.forget(), theirs.forget()
        made[size, layout, mode] = (ours, theirs)
    return made


def sweep(
    fastnn: Any, torch: Any, only: str, rounds: int
) -> tuple[list[dict[str, Any]], list[str]]:
    """The cells of all ops; after Ctrl-C those that are measured."""
    rows: list[dict[str, Any]] = []
    failures: list[str] = []
    for op in OPS:
        if only not in op.name:
            continue
        try:
            pairs = cells(fastnn, torch, op, failures)
            found = measure(list(pairs.values()), rounds)
        except KeyboardInterrupt:
            failures.append(f"stopped before {op.name}")
            break
        for (size, layout, mode), (a, b) in zip(pairs, found):
            cell = {"op": op.name, "size": size, "layout": layout, "mode": mode}
            rows.append({**cell, "us": a * 1e6, "torch": b * 1e6, "ratio": b / a})
    return rows, failures


def report(rows: list[dict[str, Any]], failures: list[str], worst: int, machine: str) -> str:
    ratios = [r["ratio"] for r in rows]
    count = len(ratios)
    mean = math.exp(statistics.fmean(map(math.log, ratios)))
    lines = [
        "# Every op beside PyTorch",
        "",
        f"{count} cells, geometric mean {mean:.2f}; below 1: {sum(r < 1 for r in ratios)}, "
        f"below 0.8: {sum(r < 0.8 for r in ratios)} "
        f"({100 * sum(r < 0.8 for r in ratios) / count:.1f} %), "
        f"below 0.5: {sum(r < 0.5 for r in ratios)}. A ratio is PyTorch's time over fastnn's. "
        f"{machine}.",
        "",
        "| op | size | layout | mode | fastnn (µs) | PyTorch (µs) | ratio |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {r['op']} | {r['size']} | {r['layout']} | {r['mode']} | {r['us']:.1f} | "
        f"{r['torch']:.1f} | {r['ratio']:.2f} |"
        for r in sorted(rows, key=lambda r: r["ratio"])[:worst]
    ]
    if failures:
        lines += ["", "Not run, or with another result:", "", *[f"* {f}" for f in failures]]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="part of an op's name")
    parser.add_argument("--worst", type=int, default=60, help="cells in the table")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    import torch

    import fastnn

    torch.set_num_threads(args.threads)
    fastnn.set_num_threads(args.threads)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cpu = fastnn.show_config("dicts")["cpu"]["name"]
        machine = f"{cpu}, {fastnn.isa()} instructions, {fastnn.get_num_threads()} threads"
        text = report(*sweep(fastnn, torch, args.only, args.rounds), args.worst, machine)
    print(text)
    if args.out:
        args.out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
