"""Sequences to one vector each."""

from __future__ import annotations

import math

import numpy as np

from ... import ops
from ...nn import AttentionPooling, Linear
from ..step import Step, translates
from .activation import fused
from .create import counted


def time_axis(s: Step) -> int:
    return 0 if len(s.shape("input")) == 2 or not s.arg("batch_first") else 1


def real(s: Step, axis: int) -> str:
    """Which steps are real: (T, N), or (N, T) where `axis` is 1."""
    g = s.graph
    steps = counted(s, tuple(x[axis] for x in s.shapes("input")))
    lengths = s.x("lengths", np.int64)
    if axis == 0:
        return g.add("Less", g.add("Unsqueeze", steps, g.ints(1)), lengths)
    return g.add("Less", steps, g.add("Unsqueeze", lengths, g.ints(1)))


@translates(ops.last_pooling)
def last_pooling(s: Step) -> str:
    g, axis, x = s.graph, time_axis(s), s.x("input")
    if not s.given("lengths"):
        last = g.constant(np.asarray(-1, np.int64))
        return g.add("Gather", x, last, axis=axis)
    # A pair of ids, step and sample, for each sequence.
    ids = g.add("Sub", s.x("lengths", np.int64), g.ints(1))
    batch = 1 - axis
    samples = counted(s, tuple(n[batch] for n in s.shapes("input")))
    columns = [g.add("Unsqueeze", n, g.ints(1)) for n in (ids, samples)]
    return g.add("GatherND", x, g.add("Concat", *(columns if axis == 0 else columns[::-1]), axis=1))


@translates(ops.mean_pooling, ops.max_pooling)
def pooling(s: Step) -> str:
    g, axis, x = s.graph, time_axis(s), s.x("input")
    kind = "ReduceMax" if s.op == "max_pooling" else "ReduceMean"
    if not s.given("lengths"):
        return g.add(kind, x, g.ints(axis), keepdims=0)
    mask = g.add("Unsqueeze", real(s, axis), g.ints(2))
    if kind == "ReduceMax":
        low = g.constant(-math.inf, s.dtype)
        return g.add(kind, g.add("Where", mask, x, low), g.ints(axis), keepdims=0)
    zero = g.constant(0.0, s.dtype)
    total = g.add("ReduceSum", g.add("Where", mask, x, zero), g.ints(axis), keepdims=0)
    return g.add("Div", total, g.add("Unsqueeze", s.x("lengths", s.dtype), g.ints(1)))


@translates(ops.attention_pooling)
def attention_pooling(s: Step) -> str:
    return weighted(s, s.x("scores"))[0]


@translates(AttentionPooling.forward)
def attention_pooling_layer(s: Step) -> str | tuple[str, str]:
    # The layer computes the scores of real steps alone; here all have one.
    g, layer = s.graph, s.call.args["self"]
    if type(layer.projection) is not Linear or type(layer.context) is not Linear:
        raise s.refuse("projection and context must be Linear")
    scores = s.x("input")
    for linear in (layer.projection, layer.context):
        scores = g.add(
            "MatMul", scores, g.add("Transpose", s.parameter(linear.weight), perm=[1, 0])
        )
        if linear.bias is not None:
            scores = g.add("Add", scores, s.parameter(linear.bias))
        scores = fused(s, scores, linear.activation)
    y, weights = weighted(s, g.add("Squeeze", scores, g.ints(-1)))
    return (y, weights) if s.arg("need_weights") else y


def weighted(s: Step, scores: str) -> tuple[str, str]:
    """The mean weighted by the softmax of the scores, and the weights."""
    layer = s.call.args.get("self")
    g, x = s.graph, s.x("input")
    first = layer.batch_first if layer is not None else s.arg("batch_first")
    axis = 1 if first and len(s.shape("input")) == 3 else 0
    if s.given("lengths"):
        mask = real(s, axis)
        scores = g.add("Where", mask, scores, g.constant(-math.inf, s.dtype))
        # What is not real counts 0 times, even where it is infinite.
        x = g.add("Where", g.add("Unsqueeze", mask, g.ints(2)), x, g.constant(0.0, s.dtype))
    weights = g.add("Softmax", scores, axis=axis)
    products = g.add("Mul", x, g.add("Unsqueeze", weights, g.ints(-1)))
    return g.add("ReduceSum", products, g.ints(axis), keepdims=0), weights
