"""Recurrent layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ... import ops
from ...ops.rnn.sequences import checked_lengths
from ..recorder import Value
from ..step import Step, translates

# Blocks of rows of the weights, in ONNX's order: i, o, f, c for an LSTM and z, r, h for a GRU.
ORDERS = {"LSTM": (0, 3, 1, 2), "GRU": (1, 0, 2), "RNN": (0,)}


def blocks(s: Step, x: str, kind: str) -> str:
    """Rows of a weight or a bias in the order of ONNX."""
    g, order = s.graph, ORDERS[kind]
    if len(order) == 1:
        return x
    parts = g.several("Split", x, outputs=len(order), axis=0, num_outputs=len(order))
    return g.add("Concat", *[parts[i] for i in order], axis=0)


def each_direction(s: Step, names: list[str]) -> str:
    """One array with a new first axis, of directions."""
    g = s.graph
    single = [g.add("Unsqueeze", name, g.ints(0)) for name in names]
    return single[0] if len(single) == 1 else g.add("Concat", *single, axis=0)


def layer(s: Step, kind: str, **attributes: Any) -> tuple[str, ...]:
    """One layer: its output (T, N, D H) and its last states."""
    g = s.graph
    check(s)
    params = s.call.args["params"]
    w, u = [each_direction(s, [blocks(s, s.x(p[i]), kind) for p in params]) for i in (0, 1)]
    biases = ""
    if any(p[i] is not None for p in params for i in (2, 3)):
        both = []
        for p in params:
            rows = s.shape(p[0])[0]
            zero = np.zeros(rows, s.dtype)
            pair = [blocks(s, s.x(b), kind) if b is not None else g.constant(zero) for b in p[2:4]]
            both.append(g.add("Concat", *pair, axis=0))
        biases = each_direction(s, both)
    lengths = s.x("lengths", np.int32) if s.given("lengths") else ""
    states = [s.x(name) if s.given(name) else "" for name in state_names(kind)]
    inputs = [s.x("input"), w, u, biases, lengths, *states]
    while inputs[-1] == "":
        inputs.pop()
    hidden = s.shape(params[0][1])[1]
    direction = "bidirectional" if len(params) == 2 else "forward"
    y, *last = g.several(
        kind,
        *inputs,
        outputs=1 + len(states),
        hidden_size=hidden,
        direction=direction,
        **attributes,
    )
    y = g.add("Transpose", y, perm=[0, 2, 1, 3])  # (T, D, N, H) to (T, N, D, H)
    return g.add("Reshape", y, g.ints(0, 0, len(params) * hidden)), *last


def state_names(kind: str) -> tuple[str, ...]:
    return ("h_0", "c_0") if kind == "LSTM" else ("h_0",)


def check(s: Step) -> None:
    """Refuse what has no operator."""
    if s.given("batch_sizes"):
        raise s.refuse("packed sequences cannot be exported; pass lengths")
    if s.given("mask"):
        raise s.refuse("a mask of the states cannot be exported")


@translates(ops.lstm_layer)
def lstm(s: Step) -> tuple[str, ...]:
    if len(s.call.args["params"][0]) > 4 and s.call.args["params"][0][4] is not None:
        return unrolled(s, lstm_step)
    return layer(s, "LSTM")


@translates(ops.gru_layer)
def gru(s: Step) -> tuple[str, ...]:
    return layer(s, "GRU", linear_before_reset=1)


@translates(ops.rnn_layer)
def rnn(s: Step) -> tuple[str, ...]:
    name = {"tanh": "Tanh", "relu": "Relu"}[s.arg("nonlinearity")]
    return layer(s, "RNN", activations=[name] * len(s.call.args["params"]))


@translates(ops.layer_norm_lstm_layer)
def layer_norm_lstm(s: Step) -> tuple[str, ...]:
    return unrolled(s, layer_norm_step)


Cell = Callable[[Step, str, str, str, Any], tuple[str, str]]


def unrolled(s: Step, cell: Cell) -> tuple[str, ...]:
    """A layer without an operator of its own: its steps one by one."""
    g = s.graph
    check(s)
    if s.given("lengths"):
        raise s.refuse("sequences of different lengths cannot be exported for this layer")
    (steps,) = s.fixed("input", [0], "the length of sequences must not vary for this layer")
    params = s.call.args["params"]
    xs = g.several("Split", s.x("input"), g.ints(*[1] * steps), outputs=steps, axis=0)
    xs = [g.add("Squeeze", x, g.ints(0)) for x in xs]
    outputs, last_h, last_c = [], [], []
    for d, p in enumerate(params):
        h, c = [first_state(s, name, d) for name in ("h_0", "c_0")]
        ys = []
        for x in xs[::-1] if d else xs:
            h, c = cell(s, x, h, c, p)
            ys.append(g.add("Unsqueeze", h, g.ints(0)))
        ys = ys[::-1] if d else ys
        outputs.append(ys[0] if steps == 1 else g.add("Concat", *ys, axis=0))
        last_h.append(h)
        last_c.append(c)
    y = outputs[0] if len(outputs) == 1 else g.add("Concat", *outputs, axis=2)
    return y, each_direction(s, last_h), each_direction(s, last_c)


def first_state(s: Step, name: str, direction: int) -> str:
    """(N, H) of one direction: given, or zeros."""
    g = s.graph
    if s.given(name):
        return g.add("Gather", s.x(name), g.constant(np.asarray(direction, np.int64)), axis=0)
    result = s.call.result[1 if name == "h_0" else 2]
    sizes = g.sizes([x[1:] for x in s.shapes(result)])
    return g.add("Expand", g.constant(np.zeros(1, s.dtype)), sizes)


def product(s: Step, x: str, w: Value, b: Value | None) -> str:
    """x · Wᵀ + b."""
    return s.graph.add("Gemm", x, s.x(w), *([s.x(b)] if b is not None else []), transB=1)


def gated(s: Step, total: str, c: str, squash: Callable[[str], str]) -> tuple[str, str]:
    """The new h and c of an LSTM from the sums of its gates i, f, g, o."""
    g = s.graph
    i, f, n, o = g.several("Split", total, outputs=4, axis=1, num_outputs=4)
    new = g.add("Mul", g.add("Sigmoid", i), g.add("Tanh", n))
    c = g.add("Add", g.add("Mul", g.add("Sigmoid", f), c), new)
    return g.add("Mul", g.add("Sigmoid", o), g.add("Tanh", squash(c))), c


def lstm_step(s: Step, x: str, h: str, c: str, p: Any) -> tuple[str, str]:
    """A step with a projection: h' = V (o * tanh(c'))."""
    w, u, b, b2, v = p
    total = s.graph.add("Add", product(s, x, w, b), product(s, h, u, b2))
    h, c = gated(s, total, c, lambda c: c)
    return product(s, h, v, None), c


def layer_norm_step(s: Step, x: str, h: str, c: str, p: Any) -> tuple[str, str]:
    """A step whose sums and cell are normalized."""
    w, u, b, b2, a, a2, a3, b3 = p

    def norm(x: str, gain: Value, bias: Value | None) -> str:
        more = [] if bias is None else [s.x(bias)]
        eps = s.arg("eps")
        return s.graph.add("LayerNormalization", x, s.x(gain), *more, axis=-1, epsilon=eps)

    own, recurrent = norm(product(s, x, w, None), a, b), norm(product(s, h, u, None), a2, b2)
    return gated(s, s.graph.add("Add", own, recurrent), c, lambda c: norm(c, a3, b3))


@translates(checked_lengths)
def lengths(s: Step) -> str:
    return s.x("lengths", np.int64)
