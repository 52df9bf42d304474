"""Recurrent layers, step by step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...autograd.record import Node
from ...autograd.recorded import by_steps, rule
from ...tensor import Tensor
from ..activation.piecewise import relu
from ..activation.smooth import sigmoid, tanh
from ..gemm import matmul
from ..join import cat, chunk, stack
from ..linear import linear
from ..rnn import elman, gru, lstm
from ..rnn.recurrent import recurrent_backward

__all__: list[str] = []

States = tuple[Tensor, ...]
Cell = Callable[[Tensor, States, Sequence[Any]], States]


def elman_cell(activation: Callable[[Tensor], Tensor]) -> Cell:
    def cell(x: Tensor, states: States, p: Sequence[Any]) -> States:
        return (activation(linear(x, p[0], p[2]) + linear(states[0], p[1], p[3])),)

    return cell


def gru_cell(x: Tensor, states: States, p: Sequence[Any]) -> States:
    (h,) = states
    from_x, from_h = chunk(linear(x, p[0], p[2]), 3, -1), chunk(linear(h, p[1], p[3]), 3, -1)
    r, z = (sigmoid(a + b) for a, b in zip(from_x[:2], from_h[:2]))
    n = tanh(from_x[2] + r * from_h[2])
    return (n + z * (h - n),)


def lstm_cell(x: Tensor, states: States, p: Sequence[Any]) -> States:
    h, c = states
    i, f, g, o = chunk(linear(x, p[0], p[2]) + linear(h, p[1], p[3]), 4, -1)
    c = sigmoid(f) * c + sigmoid(i) * tanh(g)
    h = sigmoid(o) * tanh(c)
    return (matmul(h, p[4].transpose(0, 1)) if len(p) > 4 else h), c


CELLS: dict[Any, Cell] = {
    elman.KERNELS["tanh"]: elman_cell(tanh),
    elman.KERNELS["relu"]: elman_cell(relu),
    gru.GRU: gru_cell,
    lstm.LSTM: lstm_cell,
}


@rule(recurrent_backward)
def recurrent_rule(node: Node, *dys: Tensor | None) -> Sequence[Tensor | None]:
    call, saved, _ = node.saved
    if saved.kernel not in CELLS or call.mask is not None or call.options:
        raise RuntimeError("create_graph: a recurrent layer of this kind has no second gradient")
    if call.batch_sizes is not None or call.lengths is not None:
        raise RuntimeError("create_graph: sequences of different lengths have no second gradient")
    cell, count = CELLS[saved.kernel], len(call.states)
    directions, each = len(call.params), len(call.params[0])
    start = (directions, call.input.shape[1])
    sizes = [call.params[0][1].shape[1], call.params[0][1].shape[0] // 4][:count]

    def steps(x: Tensor, *rest: Tensor) -> Sequence[Tensor]:
        given, params = rest[:count], rest[count:]
        first = [
            Tensor(np.zeros((*start, n), x.dtype)) if s is None else s for s, n in zip(given, sizes)
        ]
        ys, last = [], []
        for d in range(directions):
            states = tuple([s[d] for s in first])
            p = params[d * each : (d + 1) * each]
            out = []
            for t in range(x.shape[0])[:: -1 if d else 1]:
                states = cell(x[t], states, p)
                out.append(states[0])
            ys.append(stack(out[:: -1 if d else 1]))
            last.append(states)
        return cat(ys, -1), *[stack(list(s)) for s in zip(*last)]

    flat = [p for direction in call.params for p in direction]
    return by_steps(node, (call.input, *call.states, *flat), steps, *dys)
