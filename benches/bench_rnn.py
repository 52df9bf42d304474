"""Recurrent layers: a sequence forward, and forward and backward."""

from functools import partial

import numpy as np
import pytest

import fastnn
from benches.side_by_side import recurrent
from fastnn import nn

from .conftest import training

SIZES = [  # T, N, I, H, layers, directions
    ("lstm", (32, 16, 64, 64, 1, 1)),
    ("lstm", (64, 32, 128, 256, 1, 1)),
    ("lstm", (100, 1, 128, 256, 1, 1)),
    ("lstm", (50, 32, 100, 128, 2, 2)),
    ("gru", (64, 32, 128, 256, 1, 1)),
    ("rnn", (64, 32, 128, 256, 1, 1)),
]


def module(kind, size):
    _, _, inner, hidden, layers, directions = size
    made = getattr(nn, kind.upper())(inner, hidden, layers, bidirectional=directions == 2)
    made.load_state_dict(recurrent.weights(kind, size))
    return made


def flops(kind, size):
    steps, batch, inner, hidden, layers, directions = size
    widths = inner + (layers - 1) * directions * hidden + layers * hidden
    return 2.0 * steps * batch * recurrent.GATES[kind] * hidden * widths * directions


@pytest.mark.parametrize(("kind", "size"), SIZES)
def test_forward(run, kind, size):
    layer = module(kind, size)
    x = fastnn.from_numpy(recurrent.sequences(size)[0])
    expected = recurrent.reference(kind, size)[0]

    def step():
        with fastnn.no_grad():
            return layer(x)[0]

    run(step, expected, flops=flops(kind, size), bytes=4 * expected.size)


@pytest.mark.parametrize(("kind", "size"), SIZES)
def test_forward_backward(run, kind, size):
    layer = module(kind, size)
    value, slope = recurrent.sequences(size)
    x = fastnn.tensor(value, requires_grad=True)
    dy = fastnn.from_numpy(slope)
    step, answer = training(lambda: layer(x)[0], dy, x, *layer.parameters())
    expected = recurrent.reference(kind, size)[1]
    run(step, expected, flops=3 * flops(kind, size), bytes=8 * expected.size, answer=answer)


VARIANTS = {  # compared with the plain LSTM of the same size
    "lstm": nn.LSTM,
    "recurrent_dropout": partial(nn.LSTM, recurrent_dropout=0.3),
    "layer_norm": nn.LayerNormLSTM,
}


@pytest.mark.parametrize("size", [size for _, size in SIZES[:2]])
@pytest.mark.parametrize("variant", VARIANTS)
def test_variant(run, variant, size):
    _, _, inner, hidden, layers, _ = size
    value, slope = recurrent.sequences(size)
    exact = VARIANTS[variant](inner, hidden, layers, dtype=np.float64)
    layer = VARIANTS[variant](inner, hidden, layers)
    layer.load_state_dict({k: v.numpy() for k, v in exact.state_dict().items()})

    def step(layer=layer, dtype=np.float32):
        x = fastnn.tensor(value.astype(dtype), requires_grad=True)
        layer.zero_grad()
        layer(x)[0].backward(fastnn.from_numpy(slope.astype(dtype)))
        return x.grad.numpy()

    def answer(*args):
        fastnn.manual_seed(1)  # the same mask
        return step(*args)

    run(
        step,
        answer(exact, np.float64),
        flops=3 * flops("lstm", size),
        bytes=8 * value.size,
        # Gradients, and their rounding errors, grow a thousandfold over 64 normalized steps.
        tolerance=1e-3 if variant == "layer_norm" else 1e-5,
        answer=answer,
    )
