"""Sums, means and extremes along axes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ... import ops
from ...ops.similarity import unit
from ..step import Step, translates

KINDS = {
    "sum": "ReduceSum",
    "mean": "ReduceMean",
    "prod": "ReduceProd",
    "amax": "ReduceMax",
    "amin": "ReduceMin",
}


def axes_of(s: Step, name: str = "dim") -> list[int]:
    """The axes to reduce: all of them for None and for ()."""
    dim: Any = s.arg(name)
    rank = len(s.shape("input"))
    if isinstance(dim, bool):
        dim = None
    if dim is None or (isinstance(dim, (tuple, list)) and not dim):
        return list(range(rank))
    return [int(d) % rank for d in (dim if isinstance(dim, (tuple, list)) else (dim,))]


def reduced(s: Step, kind: str, x: str, axes: list[int], keep: bool) -> str:
    """One reduction; of a number it is the number."""
    if not axes:
        return x
    return s.graph.add(kind, x, s.graph.ints(*axes), keepdims=int(keep))


@translates(*[getattr(ops, name) for name in KINDS])
def reduction(s: Step) -> str:
    return reduced(s, KINDS[s.op], s.x("input", s.dtype), axes_of(s), s.arg("keepdim"))


@translates(ops.logsumexp)
def logsumexp(s: Step) -> str:
    # The largest is taken off, so that nothing overflows.
    g, x, axes, keep = s.graph, s.x("input", s.dtype), axes_of(s), s.arg("keepdim")
    top = reduced(s, "ReduceMax", x, axes, True)
    total = reduced(s, "ReduceSum", g.add("Exp", g.add("Sub", x, top)), axes, True)
    y = g.add("Add", g.add("Log", total), top)
    return y if keep or not axes else g.add("Squeeze", y, g.ints(*axes))


@translates(ops.max, ops.min)
def extreme(s: Step) -> str | tuple[str, str]:
    g, dim = s.graph, s.call.args["dim"]
    kind = "ReduceMax" if s.op == "max" else "ReduceMin"
    if dim is None:
        return reduced(s, kind, s.x("input"), list(range(len(s.shape("input")))), False)
    if s.value("dim") is not None:
        return g.add("Max" if s.op == "max" else "Min", s.x("input", s.dtype), s.x("dim", s.dtype))
    axis, keep = s.arg("dim"), s.arg("keepdim")
    place = "ArgMax" if s.op == "max" else "ArgMin"
    return (
        reduced(s, kind, s.x("input"), [axis], keep),
        g.add(place, s.x("input"), axis=axis, keepdims=int(keep)),
    )


@translates(ops.argmax, ops.argmin)
def argument(s: Step) -> str:
    g, axis, keep = s.graph, s.arg("dim"), s.arg("keepdim")
    kind = "ArgMax" if s.op == "argmax" else "ArgMin"
    if axis is None:
        flat = g.add("Reshape", s.x("input"), g.ints(-1))
        y = g.add(kind, flat, axis=0, keepdims=0)
        return y if not keep else g.add("Reshape", y, g.ints(*[1] * len(s.shape("input"))))
    return g.add(kind, s.x("input"), axis=axis, keepdims=int(keep))


@translates(ops.var, ops.std, ops.var_mean, ops.std_mean)
def moments(s: Step) -> str | tuple[str, str]:
    g, x, axes, keep = s.graph, s.x("input"), axes_of(s), bool(s.arg("keepdim"))
    correction, unbiased = s.arg("correction"), s.arg("unbiased")
    if isinstance(s.arg("dim"), bool):
        unbiased = s.arg("dim")
    if unbiased is not None:
        correction = float(unbiased)
    correction = 1.0 if correction is None else correction
    centre = reduced(s, "ReduceMean", x, axes, True)
    centred = g.add("Sub", x, centre)
    var = reduced(s, "ReduceMean", g.add("Mul", centred, centred), axes, keep)
    if correction:
        counts = tuple(math.prod(n[a] for a in axes) for n in s.shapes("input"))
        n = g.cast(g.add("Squeeze", g.size(counts), g.ints(0)), s.dtype)
        factor = g.add("Div", n, g.add("Sub", n, g.constant(correction, s.dtype)))
        var = g.add("Mul", var, factor)
    y = g.add("Sqrt", var) if s.op.startswith("std") else var
    if not s.op.endswith("mean"):
        return y
    return y, centre if keep else g.add("Squeeze", centre, g.ints(*axes))


@translates(ops.all, ops.any)
def truth(s: Step) -> str:
    g, x, axes = s.graph, s.x("input", np.bool_), axes_of(s)
    kind = "ReduceMin" if s.op == "all" else "ReduceMax"
    return g.cast(reduced(s, kind, g.cast(x, np.int32), axes, s.arg("keepdim")), np.bool_)


@translates(ops.norm)
def norm(s: Step) -> str:
    g, p = s.graph, s.arg("p")
    axes, keep = axes_of(s), s.arg("keepdim")
    x = s.x("input", s.dtype)
    if p is None or p == "fro":
        p = 2
    if p == 1:
        return reduced(s, "ReduceSum", g.add("Abs", x), axes, keep)
    if p == 2:
        return g.add("Sqrt", reduced(s, "ReduceSum", g.add("Mul", x, x), axes, keep))
    if p == math.inf or p == -math.inf:
        return reduced(s, "ReduceMax" if p > 0 else "ReduceMin", g.add("Abs", x), axes, keep)
    if isinstance(p, str) or p == 0:
        raise s.refuse(f"p = {p!r} has no operator")
    power = g.add("Pow", g.add("Abs", x), g.constant(p, s.dtype))
    return g.add("Pow", reduced(s, "ReduceSum", power, axes, keep), g.constant(1 / p, s.dtype))


@translates(ops.cumsum)
def cumsum(s: Step) -> str:
    axis = s.graph.constant(np.asarray(s.arg("dim"), np.int64))
    return s.graph.add("CumSum", s.x("input", s.dtype), axis)


@translates(ops.topk)
def topk(s: Step) -> tuple[str, ...]:
    g = s.graph
    options = {"axis": s.arg("dim"), "largest": int(s.arg("largest"))}
    k = g.size(tuple(s.each("k")))
    return tuple(g.several("TopK", s.x("input"), k, outputs=2, sorted=1, **options))


@translates(unit)
def of_length_one(s: Step) -> str:
    g, x = s.graph, s.x("x")
    squares = g.add("ReduceSum", g.add("Mul", x, x), g.ints(s.arg("dim")), keepdims=1)
    length = g.add("Max", g.add("Sqrt", squares), g.constant(s.arg("eps"), s.dtype))
    return g.add("Div", x, length)
