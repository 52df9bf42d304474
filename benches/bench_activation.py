"""Activations: forward and backward."""

import math

import numpy as np
import pytest

import fastnn
from fastnn.nn import functional

from .conftest import normal, training

COUNTS = [1 << 10, 1 << 18, 1 << 22]


def derivative(name, x):
    """Derivatives in float64."""
    if name == "relu":
        return x > 0
    if name == "tanh":
        return 1 - np.tanh(x) ** 2
    sigmoid = 1 / (1 + np.exp(-x))
    if name == "sigmoid":
        return sigmoid * (1 - sigmoid)
    cdf = np.array([0.5 * math.erfc(-v / math.sqrt(2)) for v in x])
    return cdf + x * np.exp(-x * x / 2) / math.sqrt(2 * math.pi)


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("name", ["relu", "tanh", "sigmoid", "gelu"])
def test_forward_backward(run, name, count):
    value, dy = normal(count), normal(count, seed=1)
    x, slope = fastnn.tensor(value, requires_grad=True), fastnn.from_numpy(dy)
    op = getattr(functional, name)
    step, gradient = training(lambda: op(x), slope, x)
    expected = dy[:2048] * derivative(name, value[:2048].astype("f8"))
    run(step, expected, bytes=20 * count, answer=lambda: gradient()[:2048])
