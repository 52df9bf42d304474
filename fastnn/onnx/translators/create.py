"""Arrays that follow from sizes alone."""

from __future__ import annotations

import math

import numpy as np

from ... import ops
from ...nn.rnn.cells import RNNCellBase
from ...nn.transformer.positions import SinusoidalPositionalEncoding
from ..step import Step, translates


@translates(ops.zeros, ops.ones, ops.full, RNNCellBase._zeros)
def filled(s: Step) -> str:
    values = {a.flat[0] for a in s.arrays(s.result) if a.size}
    if len(values) > 1:
        raise s.refuse("the number depends on the inputs")
    value = np.array([values.pop() if values else 0], s.dtype)
    sizes = s.graph.sizes(s.shapes(s.result))
    return s.graph.add("Expand", s.graph.constant(value), sizes)


@translates(ops.zeros_like, ops.ones_like, ops.full_like)
def filled_like(s: Step) -> str:
    value = {"zeros_like": 0, "ones_like": 1}.get(s.op)
    value = s.arg("fill_value") if value is None else value
    shape = s.graph.add("Shape", s.x("input"))
    return s.graph.add("Expand", s.graph.constant(np.array([value], s.dtype)), shape)


@translates(ops.arange)
def arange(s: Step) -> str:
    each = s.arrays(s.result)
    first = each[0]
    same = all(np.array_equal(a[: len(first)], first[: len(a)]) for a in each)
    if not same or s.dtype.kind not in "iu":
        raise s.refuse("only the number of integers may depend on the sizes of the inputs")
    step = int(first[1] - first[0]) if len(first) > 1 else 1
    g, start = s.graph, int(first[0]) if len(first) else 0
    numbers = counted(s, tuple(len(a) for a in each))
    if step != 1:
        numbers = g.add("Mul", numbers, g.constant(np.asarray(step, np.int64)))
    if start:
        numbers = g.add("Add", numbers, g.constant(np.asarray(start, np.int64)))
    return numbers if s.dtype == np.int64 else g.cast(numbers, s.dtype)


def counted(s: Step, lengths: tuple[int, ...]) -> str:
    """0, 1, 2, …, of a length that may vary."""
    g = s.graph
    if len(set(lengths)) == 1:
        return g.constant(np.arange(lengths[0]))
    zero, one = [g.constant(np.asarray(n, np.int64)) for n in (0, 1)]
    return g.add("Range", zero, g.add("Squeeze", g.size(lengths), g.ints(0)), one)


@translates(SinusoidalPositionalEncoding.rows)
def rows(s: Step) -> str:
    # cos(a) = sin(a + π / 2): one sine for all columns, in double as in the layer.
    g, width = s.graph, s.call.args["self"].d_model
    pairs = np.repeat(np.arange(0, width, 2), 2)[:width]
    rates = np.exp(pairs * (-math.log(10000.0) / width))
    shifts = np.where(np.arange(width) % 2, math.pi / 2, 0.0)
    steps = g.cast(counted(s, tuple(s.each("length"))), np.float64)
    angles = g.add("Mul", g.add("Unsqueeze", steps, g.ints(1)), g.constant(rates))
    y = g.add("Sin", g.add("Add", angles, g.constant(shifts)))
    return y if s.dtype == np.float64 else g.cast(y, s.dtype)
