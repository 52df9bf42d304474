"""Layer norm and RMS norm: forward, and forward and backward."""

import numpy as np
import pytest

import fastnn
from fastnn.nn import functional

from .conftest import normal, training

SHAPES = [(64, 64), (2048, 768), (64, 100_000)]
OPS = ["layer_norm", "rms_norm"]


def normalized(name, x):
    """Normalized rows in float64, and the reciprocals of their divisors."""
    x = x.astype("f8")
    if name == "layer_norm":
        x = x - x.mean(1, keepdims=True)
    r = 1 / np.sqrt((x**2).mean(1, keepdims=True) + 1e-5)
    return x * r, r


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", OPS)
def test_forward(run, name, shape):
    x, w = normal(*shape), normal(shape[1], seed=1)
    a, weight = fastnn.from_numpy(x), fastnn.from_numpy(w)
    op = getattr(functional, name)
    expected = normalized(name, x)[0] * w
    run(lambda: op(a, shape[1], weight, eps=1e-5), expected, bytes=8 * x.size)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", OPS)
def test_forward_backward(run, name, shape):
    value, dy, w = normal(*shape), normal(*shape, seed=1), normal(shape[1], seed=2)
    x, weight = (fastnn.tensor(a, requires_grad=True) for a in (value, w))
    slope = fastnn.from_numpy(dy)
    op = getattr(functional, name)
    step, answer = training(lambda: op(x, shape[1], weight, eps=1e-5), slope, x, weight)
    h, r = normalized(name, value)
    g = dy * w.astype("f8")
    expected = g - h * (g * h).mean(1, keepdims=True)
    if name == "layer_norm":
        expected -= g.mean(1, keepdims=True)
    run(step, expected * r, bytes=20 * value.size, answer=answer)
