"""Normalization."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import ops
from ..step import Step, translates
from .activation import fused


def per_channel(s: Step, name: str, otherwise: float) -> str:
    """A parameter (C,), or a constant where there is none."""
    if s.given(name):
        return s.x(name)
    return s.graph.constant(np.full(s.shape("input")[1], otherwise, s.dtype))


@translates(ops.batch_norm, ops.batch_renorm)
def batch_norm(s: Step) -> str:
    if s.arg("training"):
        if s.given("running_mean") or s.op == "batch_renorm":
            raise s.refuse("the statistics of a batch are computed in evaluation mode")
        rank = len(s.shape("input"))
        y = standardized(s, s.x("input"), [i for i in range(rank) if i != 1])
        return finished(s, scaled(s, y, rank - 2))
    names = [per_channel(s, n, v) for n, v in (("weight", 1.0), ("bias", 0.0))]
    statistics = s.x("running_mean"), s.x("running_var")
    y = s.graph.add("BatchNormalization", s.x("input"), *names, *statistics, epsilon=s.arg("eps"))
    return finished(s, y)


def finished(s: Step, y: str) -> str:
    """The output with the residual and the activation that a norm adds."""
    if "residual" in s.call.args and s.given("residual"):
        y = s.graph.add("Add", y, s.x("residual"))
    return fused(s, y, s.arg("activation"))


def standardized(s: Step, x: str, axes: list[int]) -> str:
    """(x - mean) / √(var + eps)."""
    g = s.graph
    centred = g.add("Sub", x, g.add("ReduceMean", x, g.ints(*axes), keepdims=1))
    var = g.add("ReduceMean", g.add("Mul", centred, centred), g.ints(*axes), keepdims=1)
    eps = g.constant(s.arg("eps"), s.dtype)
    return g.add("Div", centred, g.add("Sqrt", g.add("Add", var, eps)))


def scaled(s: Step, y: str, behind: int) -> str:
    """y · weight + bias, which have one number for each channel."""
    g = s.graph
    for kind, name in (("Mul", "weight"), ("Add", "bias")):
        if s.given(name):
            p = s.x(name)
            if behind:
                p = g.add("Reshape", p, g.ints(-1, *[1] * behind))
            y = g.add(kind, y, p)
    return y


@translates(ops.group_norm)
def group_norm(s: Step) -> str:
    g, rank = s.graph, len(s.shape("input"))
    grouped = g.add("Reshape", s.x("input"), g.ints(0, s.arg("num_groups"), -1))
    y = standardized(s, grouped, [2])
    y = g.add("Reshape", y, g.add("Shape", s.x("input")))
    return finished(s, scaled(s, y, rank - 2))


@translates(ops.instance_norm)
def instance_norm(s: Step) -> str:
    if not s.arg("use_input_stats"):
        names = [per_channel(s, n, v) for n, v in (("weight", 1.0), ("bias", 0.0))]
        statistics = s.x("running_mean"), s.x("running_var")
        eps = s.arg("eps")
        y = s.graph.add("BatchNormalization", s.x("input"), *names, *statistics, epsilon=eps)
        return finished(s, y)
    rank = len(s.shape("input"))
    y = standardized(s, s.x("input"), list(range(2, rank)))
    return finished(s, scaled(s, y, rank - 2))


def normalized(s: Step) -> tuple[int, ...]:
    """The shape over which a layer norm goes."""
    shape: Any = s.arg("normalized_shape")
    return tuple(shape) if isinstance(shape, (tuple, list)) else (int(shape),)


@translates(ops.layer_norm)
def layer_norm(s: Step) -> str:
    shape = normalized(s)
    weight = s.x("weight") if s.given("weight") else s.graph.constant(np.ones(shape, s.dtype))
    more = [s.x("bias")] if s.given("bias") else []
    y = s.graph.add(
        "LayerNormalization", s.x("input"), weight, *more, axis=-len(shape), epsilon=s.arg("eps")
    )
    return finished(s, y)


@translates(ops.rms_norm)
def rms_norm(s: Step) -> str:
    g, x = s.graph, s.x("input")
    eps = s.arg("eps")
    eps = np.finfo(s.dtype).eps if eps is None else eps
    axes = g.ints(*range(-len(normalized(s)), 0))
    mean = g.add("ReduceMean", g.add("Mul", x, x), axes, keepdims=1)
    y = g.add("Div", x, g.add("Sqrt", g.add("Add", mean, g.constant(eps, s.dtype))))
    return finished(s, g.add("Mul", y, s.x("weight")) if s.given("weight") else y)


@translates(ops.local_response_norm)
def local_response_norm(s: Step) -> str:
    # The mean of squares over neighbouring channels is an average over (N, 1, C, rest).
    g, x, size = s.graph, s.x("input"), s.arg("size")
    alpha, beta, k = [g.constant(s.arg(name), s.dtype) for name in ("alpha", "beta", "k")]
    channels = s.fixed("input", [1], "the number of channels must not vary")[0]
    flat = g.add("Reshape", g.add("Mul", x, x), g.ints(0, 1, channels, -1))
    pads = [size // 2, 0, (size - 1) // 2, 0]
    mean = g.add(
        "AveragePool", flat, kernel_shape=[size, 1], strides=[1, 1], pads=pads, count_include_pad=1
    )
    mean = g.add("Reshape", mean, g.add("Shape", x))
    divisor = g.add("Pow", g.add("Add", g.add("Mul", mean, alpha), k), beta)
    return g.add("Div", x, divisor)
