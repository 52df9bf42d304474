"""Softmax and log-softmax over rows: forward, and forward and backward."""

import numpy as np
import pytest

import fastnn
from fastnn.nn import functional

from .conftest import normal, training

SHAPES = [(32, 10), (128, 1000), (640, 10000)]


def softmax(x):
    """Softmax of rows in float64."""
    e = np.exp(x - x.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_forward(run, name, shape):
    x = normal(*shape)
    a = fastnn.from_numpy(x)
    y = softmax(x.astype("f8"))
    op = getattr(functional, name)
    run(lambda: op(a, 1), y if name == "softmax" else np.log(y), bytes=8 * x.size)


@pytest.mark.parametrize("shape", SHAPES)
def test_forward_backward(run, shape):
    value, dy = normal(*shape), normal(*shape, seed=1)
    x, slope = fastnn.tensor(value, requires_grad=True), fastnn.from_numpy(dy)
    step, answer = training(lambda: functional.softmax(x, 1), slope, x)
    y = softmax(value.astype("f8"))
    expected = y * (dy - (dy * y).sum(1, keepdims=True))
    run(step, expected, bytes=20 * value.size, answer=answer)
