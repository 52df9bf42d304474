"""Activations, by themselves and behind the operations that compute them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ... import ops
from ..graph import Graph
from ..step import Step, translates

Emit = Callable[..., str]


def relu(g: Graph, x: str, dtype: Any) -> str:
    return g.add("Relu", x)


def leaky_relu(g: Graph, x: str, dtype: Any, negative_slope: float = 0.01) -> str:
    return g.add("LeakyRelu", x, alpha=float(negative_slope))


def step(g: Graph, x: str, dtype: Any, value: float = 1.0) -> str:
    zero, one = g.constant(0.0, dtype), g.constant(1.0, dtype)
    at_zero = g.add("Where", g.add("Equal", x, zero), g.constant(value, dtype), zero)
    # What compares with nothing, NaN, stays.
    positive = g.add("Where", g.add("Greater", x, zero), one, at_zero)
    return g.add("Where", g.add("IsNaN", x), x, positive)


def hardtanh(g: Graph, x: str, dtype: Any, min_val: float = -1.0, max_val: float = 1.0) -> str:
    return g.add("Clip", x, g.constant(min_val, dtype), g.constant(max_val, dtype))


def relu6(g: Graph, x: str, dtype: Any) -> str:
    return hardtanh(g, x, dtype, 0.0, 6.0)


def elu(
    g: Graph, x: str, dtype: Any, alpha: float = 1.0, scale: float = 1.0, input_scale: float = 1.0
) -> str:
    # scale * (max(x, 0) + alpha * (exp(min(x * input_scale, 0)) - 1))
    if scale == 1 and input_scale == 1:
        return g.add("Elu", x, alpha=float(alpha))
    zero = g.constant(0.0, dtype)
    below = g.add("Min", g.add("Mul", x, g.constant(input_scale, dtype)), zero)
    below = g.add("Mul", g.add("Elu", below, alpha=1.0), g.constant(alpha, dtype))
    return g.add("Mul", g.add("Add", g.add("Max", x, zero), below), g.constant(scale, dtype))


def celu(g: Graph, x: str, dtype: Any, alpha: float = 1.0) -> str:
    return elu(g, x, dtype, alpha, 1.0, 1.0 / alpha)


def selu(g: Graph, x: str, dtype: Any) -> str:
    return g.add("Selu", x)


def sigmoid(g: Graph, x: str, dtype: Any) -> str:
    return g.add("Sigmoid", x)


def tanh(g: Graph, x: str, dtype: Any) -> str:
    return g.add("Tanh", x)


def hardsigmoid(g: Graph, x: str, dtype: Any) -> str:
    return g.add("HardSigmoid", x, alpha=1 / 6, beta=0.5)


def hardswish(g: Graph, x: str, dtype: Any) -> str:
    return g.add("Mul", x, hardsigmoid(g, x, dtype))


def softplus(g: Graph, x: str, dtype: Any, beta: float = 1.0, threshold: float = 20.0) -> str:
    scaled = x if beta == 1 else g.add("Mul", x, g.constant(beta, dtype))
    y = g.add("Softplus", scaled)
    y = y if beta == 1 else g.add("Div", y, g.constant(beta, dtype))
    return g.add("Where", g.add("Greater", scaled, g.constant(threshold, dtype)), x, y)


def logsigmoid(g: Graph, x: str, dtype: Any) -> str:
    # min(x, 0) - log(1 + exp(-|x|)): no exponential overflows.
    tail = g.add("Softplus", g.add("Neg", g.add("Abs", x)))
    return g.add("Sub", g.add("Min", x, g.constant(0.0, dtype)), tail)


def gelu(g: Graph, x: str, dtype: Any) -> str:
    half = g.add("Mul", x, g.constant(0.5, dtype))
    erf = g.add("Erf", g.add("Mul", x, g.constant(math.sqrt(0.5), dtype)))
    return g.add("Mul", half, g.add("Add", erf, g.constant(1.0, dtype)))


def gelu_tanh(g: Graph, x: str, dtype: Any) -> str:
    cube = g.add("Mul", g.add("Mul", x, x), g.add("Mul", x, g.constant(0.044715, dtype)))
    inner = g.add("Mul", g.add("Add", x, cube), g.constant(math.sqrt(2 / math.pi), dtype))
    half = g.add("Mul", x, g.constant(0.5, dtype))
    return g.add("Mul", half, g.add("Add", g.add("Tanh", inner), g.constant(1.0, dtype)))


def silu(g: Graph, x: str, dtype: Any) -> str:
    return g.add("Mul", x, g.add("Sigmoid", x))


def mish(g: Graph, x: str, dtype: Any) -> str:
    return g.add("Mul", x, g.add("Tanh", softplus(g, x, dtype)))


def softsign(g: Graph, x: str, dtype: Any) -> str:
    return g.add("Softsign", x)


def hardshrink(g: Graph, x: str, dtype: Any, lambd: float = 0.5) -> str:
    return g.add("Shrink", x, lambd=float(lambd), bias=0.0)


def softshrink(g: Graph, x: str, dtype: Any, lambd: float = 0.5) -> str:
    return g.add("Shrink", x, lambd=float(lambd), bias=float(lambd))


def tanhshrink(g: Graph, x: str, dtype: Any) -> str:
    return g.add("Sub", x, g.add("Tanh", x))


def threshold(g: Graph, x: str, dtype: Any, threshold: float, value: float) -> str:
    above = g.add("Greater", x, g.constant(threshold, dtype))
    return g.add("Where", above, x, g.constant(value, dtype))


POINTWISE: dict[str, Emit] = {
    f.__name__: f
    for f in (
        *(relu, leaky_relu, step, hardtanh, relu6, elu, celu, selu, sigmoid, tanh, hardsigmoid),
        *(hardswish, softplus, logsigmoid, gelu, gelu_tanh, silu, mish, softsign, hardshrink),
        *(softshrink, tanhshrink, threshold),
    )
}


def fused(s: Step, y: str, activation: Any) -> str:
    """The activation that an operation applies to its own output."""
    if activation is None:
        return y
    name, *params = (activation,) if isinstance(activation, str) else activation
    return POINTWISE[name](s.graph, y, s.dtype, *params)


@translates(*[getattr(ops, name) for name in POINTWISE if name != "gelu_tanh"])
def pointwise(s: Step) -> str:
    params = {k: s.arg(k) for k in s.call.args if k not in ("input", "inplace", "approximate")}
    name = "gelu_tanh" if s.call.args.get("approximate") == "tanh" else s.op
    return POINTWISE[name](s.graph, s.x("input"), s.dtype, **params)


@translates(ops.rrelu)
def rrelu(s: Step) -> str:
    return leaky_relu(s.graph, s.x("input"), s.dtype, (s.arg("lower") + s.arg("upper")) / 2)


@translates(ops.prelu)
def prelu(s: Step) -> str:
    g, rank, slopes = s.graph, len(s.shape("input")), s.shape("weight")
    weight = s.x("weight")
    if slopes != (1,) and rank > 2:
        weight = g.add("Reshape", weight, g.ints(-1, *[1] * (rank - 2)))
    return g.add("PRelu", s.x("input"), weight)


@translates(ops.glu)
def glu(s: Step) -> str:
    g, axis = s.graph, s.arg("dim")
    (size,) = s.fixed("input", [axis], "the size that is halved must not vary")
    sizes = g.ints(size // 2, size // 2)
    a, b = g.several("Split", s.x("input"), sizes, outputs=2, axis=axis)
    return g.add("Mul", a, g.add("Sigmoid", b))


@translates(ops.maxout)
def maxout(s: Step) -> str:
    g, pieces = s.graph, s.arg("num_pieces")
    axis = s.arg("dim") % len(s.shape("input"))
    apart = [(*x[:axis], x[axis] // pieces, pieces, *x[axis + 1 :]) for x in s.shapes("input")]
    x = g.reshape(s.x("input"), s.shapes("input"), apart)
    return g.add("ReduceMax", x, g.ints(axis + 1), keepdims=0)


@translates(ops.softmax, ops.log_softmax, ops.softmin)
def softmax(s: Step) -> str:
    g, axis = s.graph, s.arg("dim")
    if axis is None:
        axis = 0 if len(s.shape("input")) in (0, 1, 3) else 1
    x = s.x("input", s.dtype)
    if s.op == "softmin":
        x = g.add("Neg", x)
    return g.add("LogSoftmax" if s.op == "log_softmax" else "Softmax", x, axis=axis)


@translates(
    ops.dropout,
    ops.dropout1d,
    ops.dropout2d,
    ops.dropout3d,
    ops.alpha_dropout,
    ops.feature_alpha_dropout,
)
def dropout(s: Step) -> str:
    if s.call.args["training"] and s.arg("p"):
        raise s.refuse("random numbers are drawn in evaluation mode")
    return s.x("input")
