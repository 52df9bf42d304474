"""Poolings."""

from __future__ import annotations

import math

import numpy as np

from ...ops.pool.adaptive import adaptive_avg_pool, adaptive_max_pool
from ...ops.pool.average import avg_pool
from ...ops.pool.max import max_pool
from ...ops.pool.unpool import max_unpool
from ..step import Step, translates
from .windows import for_each_axis, with_batch, without_batch


def geometry(s: Step) -> tuple[int, tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    """Number of axes, kernel, stride and padding."""
    axes = s.arg("axes")
    kernel = for_each_axis(s.arg("kernel_size"), axes)
    stride = s.arg("stride")
    strides = kernel if stride is None or stride == () else for_each_axis(stride, axes)
    return axes, kernel, strides, for_each_axis(s.arg("padding"), axes)


def missing(
    s: Step, axes: int, spans: list[int], strides: tuple[int, ...], pads: tuple[int, ...]
) -> list[int]:
    """What an axis lacks at its end for all the windows that `ceil_mode` makes."""
    if not s.arg("ceil_mode"):
        return [0] * axes
    last = range(-axes, 0)
    why = "with ceil_mode, height and width must not vary"
    before, after = s.fixed("input", last, why), s.result.array.shape[-axes:]
    return [
        max(0, (m - 1) * t + span - n - 2 * p)
        for n, m, t, span, p in zip(before, after, strides, spans, pads)
    ]


@translates(max_pool)
def translate_max_pool(s: Step) -> str | tuple[str, str]:
    g = s.graph
    axes, kernel, strides, pads = geometry(s)
    dilation = for_each_axis(s.arg("dilation"), axes)
    spans = [d * (k - 1) + 1 for d, k in zip(dilation, kernel)]
    more = missing(s, axes, spans, strides, pads)
    x, alone = with_batch(s, axes)
    indices = s.arg("return_indices")
    names = g.several(
        "MaxPool",
        x,
        outputs=1 + indices,
        kernel_shape=list(kernel),
        strides=list(strides),
        dilations=list(dilation),
        pads=[*pads, *[p + m for p, m in zip(pads, more)]],
    )
    y = without_batch(s, names[0], alone)
    if not indices:
        return y
    # ONNX counts places through all samples and channels, fastnn in each of them.
    size = math.prod(s.fixed("input", range(-axes, 0), "height and width must not vary"))
    return y, without_batch(s, g.add("Mod", names[1], g.ints(size)), alone)


@translates(avg_pool)
def translate_avg_pool(s: Step) -> str:
    g = s.graph
    axes, kernel, strides, pads = geometry(s)
    more = missing(s, axes, list(kernel), strides, pads)
    divisor = s.arg("divisor_override")
    count_pads = divisor is not None or s.arg("count_include_pad")
    x, alone = with_batch(s, axes)
    if count_pads and any(pads):
        x = g.add("Pad", x, g.ints(0, 0, *pads, 0, 0, *pads), mode="constant")
        pads = (0,) * axes
    if divisor is not None and any(more):
        x = g.add("Pad", x, g.ints(*[0] * (axes + 4), *more), mode="constant")
        more = [0] * axes
    y = g.add(
        "AveragePool",
        x,
        kernel_shape=list(kernel),
        strides=list(strides),
        pads=[*pads, *[p + m for p, m in zip(pads, more)]],
        count_include_pad=0,
    )
    if divisor is not None:
        y = g.add("Mul", y, g.constant(math.prod(kernel) / divisor, s.dtype))
    return without_batch(s, y, alone)


def parts_of(size: int, out: int) -> list[tuple[int, int]]:
    """Begin and end of each window of an adaptive pooling."""
    return [(i * size // out, -(-(i + 1) * size // out)) for i in range(out)]


@translates(adaptive_avg_pool)
def translate_adaptive_avg_pool(s: Step) -> str:
    return averages(s, s.arg("axes"))


def averages(s: Step, axes: int) -> str:
    """Means over equal parts of each axis."""
    g = s.graph
    last = list(range(-axes, 0))
    outs = {trace[-axes:] for trace in out_shapes(s)}
    x = s.x("input")
    if outs == {(1,) * axes}:
        return g.add("ReduceMean", x, g.ints(*last), keepdims=1)
    before = s.fixed("input", last, "height and width must not vary")
    after = next(iter(outs))
    if all(n % m == 0 for n, m in zip(before, after)):
        x, alone = with_batch(s, axes)
        steps = [n // m for n, m in zip(before, after)]
        return without_batch(s, g.add("AveragePool", x, kernel_shape=steps, strides=steps), alone)
    rank = len(s.shape("input"))
    for axis, n, m in zip(last, before, after):
        if n == m:
            continue
        # Each axis is a product with the means: (..., n) · (n, m).
        means = np.zeros((n, m), s.dtype)
        for i, (begin, end) in enumerate(parts_of(n, m)):
            means[begin:end, i] = 1 / (end - begin)
        order = list(range(rank))
        order[axis], order[-1] = order[-1], order[axis]
        moved = x if axis == -1 else g.add("Transpose", x, perm=order)
        x = g.add("MatMul", moved, g.constant(means))
        x = x if axis == -1 else g.add("Transpose", x, perm=order)
    return x


@translates(adaptive_max_pool)
def translate_adaptive_max_pool(s: Step) -> str:
    g, axes = s.graph, s.arg("axes")
    if s.arg("return_indices"):
        raise s.refuse("return_indices has no operator")
    last = list(range(-axes, 0))
    outs = {trace[-axes:] for trace in out_shapes(s)}
    x = s.x("input")
    if outs == {(1,) * axes}:
        return g.add("ReduceMax", x, g.ints(*last), keepdims=1)
    before = s.fixed("input", last, "height and width must not vary")
    for axis, n, m in zip(last, before, next(iter(outs))):
        if n == m:
            continue
        parts = []
        for begin, end in parts_of(n, m):
            part = g.add("Slice", x, g.ints(begin), g.ints(end), g.ints(axis))
            parts.append(g.add("ReduceMax", part, g.ints(axis), keepdims=1))
        x = g.add("Concat", *parts, axis=axis)
    return x


def out_shapes(s: Step) -> list[tuple[int, ...]]:
    """The shape of the result in each run."""
    return s.shapes(s.result)


@translates(max_unpool)
def translate_max_unpool(s: Step) -> str:
    # A row for each channel of each sample, where numbers are put at their places.
    g, axes = s.graph, s.arg("axes")
    size = math.prod(s.result.array.shape[-axes:])
    s.fixed(s.result, range(-axes, 0), "height and width must not vary")
    flat = [(-1, math.prod(x[-axes:])) for x in s.shapes("input")]
    if len(set(flat)) > 1:
        raise s.refuse("height and width must not vary")
    x = g.add("Reshape", s.x("input"), g.ints(*flat[0]))
    places = g.add("Reshape", s.x("indices"), g.ints(*flat[0]))
    zero = np.zeros(1, s.dtype)
    rows = g.add("Shape", x, start=0, end=1)
    shape = g.add("Concat", rows, g.ints(size), axis=0)
    blank = g.add("Expand", g.constant(zero), shape)
    y = g.add("ScatterElements", blank, places, x, axis=1)
    lead = len(s.shape("input")) - axes
    kept = g.add("Shape", s.x("input"), start=0, end=lead)
    target = g.add("Concat", kept, g.ints(*s.result.array.shape[-axes:]), axis=0)
    return g.add("Reshape", y, target)
