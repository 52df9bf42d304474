"""Every public op beside PyTorch: three sizes, four memory layouts, forward and with backward.

    python -m benches.op_sweep --out docs/op-sweep.md

Both libraries run in one process in turns, on the same numbers, with the same number of threads;
the first call of a cell compares their results. A cell is the ratio of the medians, PyTorch's time
over fastnn's: above 1 fastnn is faster. Needs PyTorch beside fastnn.
"""

from __future__ import annotations

import argparse
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
ROUNDS = 5
ROUND_SECONDS = 0.002  # of calls in a turn


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


def measure(ours: Cell, theirs: Cell) -> tuple[float, float]:
    cells = (ours, theirs)
    calls = []
    for c in cells:
        c.seconds(1)
        calls.append(max(1, min(200, int(ROUND_SECONDS / c.seconds(2)))))
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        for c, n, found in zip(cells, calls, times):
            found.append(c.seconds(n))
    return statistics.median(times[0]), statistics.median(times[1])


def differs(a: Any, b: Any) -> bool:
    a, b = np.asarray(a.detach()), np.asarray(b.detach())
    if a.shape != b.shape:
        return True
    if a.dtype.kind != "f":
        return bool((a != b).mean() > 1e-3)
    with np.errstate(all="ignore"):
        scale = np.abs(b[np.isfinite(b)]).max(initial=1e-6)
        return not np.allclose(a, b, rtol=2e-3, atol=1e-4 * scale, equal_nan=True)


def sweep(fastnn: Any, torch: Any, only: str) -> tuple[list[dict[str, Any]], list[str]]:
    rows, failures = [], []
    for op in OPS:
        if only and only not in op.name:
            continue
        for size, shape in SIZES.items():
            for layout in LAYOUTS:
                for back in (False, True) if op.backward else (False,):
                    where = f"{op.name}, {size}, {layout}, {'f+b' if back else 'forward'}"
                    theirs = Cell(torch, op, shape, layout, back)
                    try:
                        want = theirs.call()
                    except Exception:  # what PyTorch refuses is no cell
                        continue
                    try:
                        ours = Cell(fastnn, op, shape, layout, back)
                        got = ours.call()
                    except Exception as error:
                        failures.append(f"{where}: {type(error).__name__}: {error}"[:160])
                        continue
                    pairs = zip(ours.gradients(), theirs.gradients())
                    if differs(got, want) or any(
                        differs(fastnn.tensor(g), torch.tensor(w)) for g, w in pairs
                    ):
                        failures.append(f"{where}: another result")
                    ours.forget(), theirs.forget()
                    a, b = measure(ours, theirs)
                    rows.append(
                        {
                            "op": op.name,
                            "size": size,
                            "layout": layout,
                            "mode": "f+b" if back else "forward",
                            "us": a * 1e6,
                            "torch": b * 1e6,
                            "ratio": b / a,
                        }
                    )
    return rows, failures


def report(rows: list[dict[str, Any]], failures: list[str], worst: int) -> str:
    ratios = [r["ratio"] for r in rows]
    count = len(ratios)
    mean = math.exp(statistics.fmean(map(math.log, ratios)))
    lines = [
        "# Every op beside PyTorch",
        "",
        f"{count} cells, geometric mean {mean:.2f}; below 1: {sum(r < 1 for r in ratios)}, "
        f"below 0.8: {sum(r < 0.8 for r in ratios)} "
        f"({100 * sum(r < 0.8 for r in ratios) / count:.1f} %), "
        f"below 0.5: {sum(r < 0.5 for r in ratios)}. A ratio is PyTorch's time over fastnn's.",
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
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    import torch

    import fastnn

    torch.set_num_threads(args.threads)
    fastnn.set_num_threads(args.threads)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        text = report(*sweep(fastnn, torch, args.only), args.worst)
    print(text)
    if args.out:
        args.out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
