"""Every public op beside PyTorch: three sizes, four memory layouts, forward and with backward.

    python -m benches.op_sweep --out docs/op-sweep.md

Both libraries run in one process in turns, on the same numbers, with the same number of threads; the first
call of a cell compares their results. A cell is the ratio of the medians, PyTorch's time over fastnn's:
above 1 fastnn is faster. Needs PyTorch beside fastnn.
"""

from __future__ import annotations

import argparse
import math
import statistics
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

SIZES = {"small": (32, 10), "medium": (256, 512), "large": (2048, 1024)}
LAYOUTS = ("contiguous", "transposed", "strided", "broadcast")
ROUNDS = 7
ROUND_SECONDS = 0.004  # of calls in a turn


class Op(NamedTuple):
    """An op as both libraries spell it: ``run(lib, *tensors)``."""

    name: str
    run: Callable[..., Any]
    inputs: tuple[str, ...] = (
        "x",
    )  # x: any; p: positive; u: below 1; i, m: ids, a mask of x's shape
    backward: bool = True


def unary(names: str, kind: str = "x", backward: bool = True) -> list[Op]:
    return [Op(n, lambda t, x, n=n: getattr(t, n)(x), (kind,), backward) for n in names.split()]


def functional(names: str) -> list[Op]:
    return [Op(n, lambda t, x, n=n: getattr(t.nn.functional, n)(x)) for n in names.split()]


def binary(names: str, kind: str = "x", backward: bool = True) -> list[Op]:
    return [
        Op(n, lambda t, x, y, n=n: getattr(t, n)(x, y), (kind, kind), backward)
        for n in names.split()
    ]


def along(names: str, backward: bool = True) -> list[Op]:
    return [
        Op(f"{n}({d})", lambda t, x, n=n, d=d: first(getattr(t, n)(x, d)), ("x",), backward)
        for n in names.split()
        for d in (0, 1)
    ]


def first(result: Any) -> Any:
    return result[0] if isinstance(result, tuple) else result


OPS = [
    *unary(
        "abs neg exp expm1 sin cos tan asinh atan sinh cosh tanh erf erfc sigmoid square sgn sign "
        "relu selu floor ceil round trunc frac exp2 deg2rad rad2deg sinc nan_to_num positive"
    ),
    *unary("log log2 log10 log1p sqrt rsqrt reciprocal lgamma digamma", "p"),
    *unary("asin acos atanh erfinv", "u"),
    *unary("isnan isinf isfinite logical_not signbit nonzero argwhere argsort", "x", False),
    *functional(
        "relu6 elu celu gelu silu mish softplus softsign tanhshrink hardtanh hardswish hardsigmoid "
        "leaky_relu logsigmoid hardshrink softshrink glu"
    ),
    *binary("add sub mul maximum minimum atan2 hypot logaddexp fmax fmin copysign"),
    *binary("div pow remainder fmod floor_divide xlogy", "p"),
    *binary("eq ne lt le gt ge logical_and logical_or isclose", "x", False),
    *along("sum mean prod amax amin max min var std logsumexp cumsum cumprod cummax logcumsumexp"),
    *along("norm", True),
    *along("softmax log_softmax"),
    *along("argmax argmin", False),
    *along("sort median mode"),
    *unary("sum mean prod max min var std"),
    Op("topk(1)", lambda t, x: t.topk(x, 5, 1)[0]),
    Op("topk(0)", lambda t, x: t.topk(x, 5, 0)[0]),
    Op("kthvalue", lambda t, x: t.kthvalue(x, 3, 1)[0]),
    Op("unique", lambda t, x: t.unique(t.round(x * 100)), backward=False),
    Op("any", lambda t, x: t.any(x > 0, 1), backward=False),
    Op("clone", lambda t, x: x.clone()),
    Op("contiguous", lambda t, x: x.contiguous() if not x.is_contiguous() else x.clone()),
    Op("t().contiguous", lambda t, x: x.t().contiguous() if not x.t().is_contiguous() else x.t().clone()),
    Op("reshape(-1)", lambda t, x: x.t().reshape(-1)),
    Op("flatten+1", lambda t, x: x.t().flatten() + 1),
    Op("expand", lambda t, x: x[:, None, :].expand(x.shape[0], 2, x.shape[1]).contiguous()),
    Op("cat(0)", lambda t, x, y: t.cat([x, y], 0), ("x", "x")),
    Op("cat(1)", lambda t, x, y: t.cat([x, y], 1), ("x", "x")),
    Op("stack(0)", lambda t, x, y: t.stack([x, y], 0), ("x", "x")),
    Op("stack(2)", lambda t, x, y: t.stack([x, y], 2), ("x", "x")),
    Op("split", lambda t, x: t.split(x, 5, 1)[1] * 1),
    Op("unbind", lambda t, x: t.unbind(x, 0)[3] * 1),
    Op("flip", lambda t, x: t.flip(x, (0, 1))),
    Op("roll", lambda t, x: t.roll(x, (1, 3), (0, 1))),
    Op("rot90", lambda t, x: t.rot90(x)),
    Op("repeat", lambda t, x: x.repeat(2, 2)),
    Op("repeat_interleave", lambda t, x: t.repeat_interleave(x, 2, 1)),
    Op("tile", lambda t, x: t.tile(x, (2, 1))),
    Op("tril", lambda t, x: t.tril(x)),
    Op("triu", lambda t, x: t.triu(x)),
    Op("diagonal", lambda t, x: t.diagonal(x) * 1),
    Op("pad", lambda t, x: t.nn.functional.pad(x, (1, 2, 1, 0))),
    Op("pad reflect", lambda t, x: t.nn.functional.pad(x[None], (2, 2), mode="reflect")),
    Op("slice", lambda t, x: x[1:-1, 2:] * 1),
    Op("slice step", lambda t, x: x[::2, ::3].contiguous()),
    Op("row", lambda t, x: x[3] * 1),
    Op("index rows", lambda t, x, i: x[i[:, 0] % x.shape[0]], ("x", "i")),
    Op("index columns", lambda t, x, i: x[:, i[0] % x.shape[1]], ("x", "i")),
    Op("index pairs", lambda t, x, i: x[i[:, 0] % x.shape[0], i[:, 1] % x.shape[1]], ("x", "i")),
    Op("index_select(0)", lambda t, x, i: t.index_select(x, 0, i[:, 0] % x.shape[0]), ("x", "i")),
    Op("index_select(1)", lambda t, x, i: t.index_select(x, 1, i[0] % x.shape[1]), ("x", "i")),
    Op("gather(0)", lambda t, x, i: t.gather(x, 0, i % x.shape[0]), ("x", "i")),
    Op("gather(1)", lambda t, x, i: t.gather(x, 1, i % x.shape[1]), ("x", "i")),
    Op("scatter(1)", lambda t, x, y, i: t.scatter(x, 1, t.argsort(i, 1), y), ("x", "x", "i")),
    Op("scatter_add(0)", lambda t, x, y, i: t.scatter_add(x, 0, i % x.shape[0], y), ("x", "x", "i")),
    Op("scatter_add(1)", lambda t, x, y, i: t.scatter_add(x, 1, i % x.shape[1], y), ("x", "x", "i")),
    Op("index_add(0)", lambda t, x, y, i: t.index_add(x, 0, i[:, 0] % x.shape[0], y), ("x", "x", "i")),
    Op("index_add(1)", lambda t, x, y, i: t.index_add(x, 1, i[0] % x.shape[1], y), ("x", "x", "i")),
    Op("take_along_dim", lambda t, x, i: t.take_along_dim(x, i % x.shape[1], 1), ("x", "i")),
    Op("masked_fill", lambda t, x, m: t.masked_fill(x, m, 0.5), ("x", "m")),
    Op("masked_select", lambda t, x, m: t.masked_select(x, m), ("x", "m")),
    Op("x[mask]", lambda t, x, m: x[m], ("x", "m")),
    Op("where", lambda t, x, y, m: t.where(m, x, y), ("x", "x", "m")),
    Op("x + x", lambda t, x: x + x),
    Op("x + x.t()", lambda t, x: x[:10, :10] + x[:10, :10].t() if x.shape[0] < 100 else x[:200, :200] + x[:200, :200].t()),
    Op("add scalar", lambda t, x: x + 1),
    Op("mul scalar", lambda t, x: x * 2.5),
    Op("add row", lambda t, x: x + x[0]),
    Op("mul column", lambda t, x: x * x[:, :1]),
    Op("clamp", lambda t, x: t.clamp(x, -0.5, 0.5)),
    Op("lerp", lambda t, x, y: t.lerp(x, y, 0.3), ("x", "x")),
    Op("addcmul", lambda t, x, y: t.addcmul(x, y, y, value=0.5), ("x", "x")),
    Op("outer", lambda t, x: t.outer(x[0], x[:, 0])),
    Op("matmul", lambda t, x, y: x @ y.t(), ("x", "x")),
    Op("linear", lambda t, x, y: t.nn.functional.linear(x, y[:10]), ("x", "x")),
    Op("einsum", lambda t, x, y: t.einsum("ij,ij->i", x, y), ("x", "x")),
    Op("cosine_similarity", lambda t, x, y: t.nn.functional.cosine_similarity(x, y), ("x", "x")),
    Op("normalize", lambda t, x: t.nn.functional.normalize(x)),
    Op("layer_norm", lambda t, x: t.nn.functional.layer_norm(x, (x.shape[1],))),
    Op("batch_norm", lambda t, x: t.nn.functional.batch_norm(x, None, None, training=True)),
    Op("mse_loss", lambda t, x, y: t.nn.functional.mse_loss(x, y), ("x", "x")),
    Op("l1_loss", lambda t, x, y: t.nn.functional.l1_loss(x, y), ("x", "x")),
    Op("smooth_l1_loss", lambda t, x, y: t.nn.functional.smooth_l1_loss(x, y), ("x", "x")),
    Op("huber_loss", lambda t, x, y: t.nn.functional.huber_loss(x, y), ("x", "x")),
    Op("bce_with_logits", lambda t, x, m: t.nn.functional.binary_cross_entropy_with_logits(x, m.to(x.dtype)), ("x", "m")),
    Op("cross_entropy", lambda t, x, i: t.nn.functional.cross_entropy(x, i[:, 0] % x.shape[1]), ("x", "i")),
    Op("nll_loss", lambda t, x, i: t.nn.functional.nll_loss(x, i[:, 0] % x.shape[1]), ("x", "i")),
    Op("one_hot", lambda t, i: t.nn.functional.one_hot(i % 16, 16), ("i",), False),
    Op("embedding", lambda t, x, i: t.nn.functional.embedding(i[:, 0] % x.shape[0], x), ("x", "i")),
    Op("bincount", lambda t, i: t.bincount(i.reshape(-1) % 100), ("i",), False),
    Op("searchsorted", lambda t, x, y: t.searchsorted(t.sort(x[0])[0].contiguous(), y.contiguous()), ("x", "x"), False),
    Op("cdist", lambda t, x: t.cdist(x[:64], x[:64])),
    Op("to float64", lambda t, x: x.to(t.float64)),
    Op("to int64", lambda t, x: x.to(t.int64), backward=False),
    Op("int to float", lambda t, i: i.to(t.float32), ("i",), False),
]  # fmt: skip


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
        return [np.asarray(x.grad) for x in self.inputs if x.grad is not None]

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
