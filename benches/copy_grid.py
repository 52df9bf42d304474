"""Copies between all orders of 2- and 4-dimensional arrays, beside a plain copy of as many bytes.

    python -m benches.copy_grid --out docs/copy-grid.md

The plain copy is fastnn's own of a dense array, on as many threads, or NumPy's memcpy where that
is faster. They run in turns; a cell is the share of its speed, by medians.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import numpy as np

import fastnn
from fastnn import kernels

from .timing import block

SIZES = {
    "L2": [(256, 512), (4, 32, 32, 32)],
    "L3": [(1024, 2048), (8, 64, 64, 64)],
    "memory": [(4096, 4096), (32, 64, 96, 96)],
}
ROUNDS = 9
SECONDS = 4e-3


def cells() -> Iterator[tuple[str, np.ndarray, str]]:
    for level, shapes in SIZES.items():
        for shape in shapes:
            x = np.random.default_rng(0).random(shape, np.float32)
            for order in itertools.permutations(range(len(shape))):
                yield level, x.transpose(order), f"{shape} as {order}"
    x = np.random.default_rng(0).random((1000, 1003), np.float32)
    yield "L3", x.T, "(1000, 1003) as (1, 0)"


def measure(x: np.ndarray) -> tuple[float, float]:
    """Bytes read and written per second, of the copy and of the plain one."""
    dense = kernels.clone(x, True)
    if not np.array_equal(dense, x):
        raise AssertionError("the copy differs")
    y = kernels.empty_like(dense)
    steps = (
        lambda: kernels.copy_into(y, x),
        lambda: kernels.copy_into(y, dense),
        lambda: np.copyto(y, dense),
    )
    counts = [max(1, int(SECONDS / block(step, 3))) for step in steps]
    times: list[list[float]] = [[], [], []]
    for _ in range(ROUNDS):
        for found, step, count in zip(times, steps, counts):
            found.append(block(step, count))
    copy, plain, memcpy = (2 * x.nbytes / median(found) for found in times)
    return copy, max(plain, memcpy)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    fastnn.set_num_threads(args.threads)
    rows = [(*measure(x), level, text) for level, x, text in cells()]
    rows.sort(key=lambda row: row[0] / row[1])
    lines = [
        "# Copies between memory orders",
        "",
        f"float32, {args.threads} threads: GB/s read and written into dense arrays in C order, and "
        "the share of a plain copy",
        f"of as many bytes. Below 60 %: {sum(a < 0.6 * b for a, b, *_ in rows)} of {len(rows)}. "
        "`python -m benches.copy_grid` made this page.",
        "",
        "| array, in the order of axes | fits in | GB/s | plain copy | share |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {text} | {level} | {a / 1e9:.1f} | {b / 1e9:.1f} | {a / b:.0%} |"
        for a, b, level, text in rows
    ]
    print(text := "\n".join(lines) + "\n")
    if args.out:
        args.out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
