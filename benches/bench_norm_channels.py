"""Norms over channels: forward, and forward and backward, in both memory formats."""

import numpy as np
import pytest

import fastnn
from fastnn.nn import functional

from .conftest import normal, training

SHAPES = [(8, 64, 56, 56), (8, 512, 7, 7), (256, 1000)]
ORDERS = ["channels_last", "C"]
OPS = {
    "batch_norm": lambda x, w, b: functional.batch_norm(x, None, None, w, b, True),
    "group_norm": lambda x, w, b: functional.group_norm(x, 4, w, b),
    "local_response_norm": lambda x, w, b: functional.local_response_norm(x, 5),
}


def in_memory_format(x, order):
    if order == "C" or x.ndim < 4:
        return x
    return np.ascontiguousarray(x.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)


def per_channel(p, x):
    return p.reshape(-1, *[1] * (x.ndim - 2))


def normalized(name, x):
    """Normalized elements in float64, and the reciprocals of their divisors."""
    x = x.astype("f8")
    if name == "batch_norm":
        rows = x.swapaxes(0, 1).reshape(x.shape[1], -1)
    else:
        rows = x.reshape(len(x) * 4, -1)
    rows = rows - rows.mean(1, keepdims=True)
    r = 1 / np.sqrt((rows**2).mean(1, keepdims=True) + 1e-5)
    rows = rows * r
    if name == "batch_norm":
        rows = rows.reshape(x.shape[1], len(x), *x.shape[2:]).swapaxes(0, 1)
    return rows.reshape(x.shape)


def neighbours(x):
    """The divisor of local response norm."""
    squares = np.pad(x.astype("f8") ** 2, [(0, 0), (2, 2), *[(0, 0)] * (x.ndim - 2)])
    channels = x.shape[1]
    return (1 + 1e-4 / 5 * sum(squares[:, i : i + channels] for i in range(5))) ** 0.75


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("name", OPS)
def test_forward(run, name, shape, order):
    if name == "local_response_norm" and len(shape) < 3:
        pytest.skip("needs more than two dimensions")
    x = in_memory_format(normal(*shape), order)
    w, b = normal(shape[1], seed=1), normal(shape[1], seed=2)
    if name == "local_response_norm":
        expected = x / neighbours(x)
    else:
        expected = normalized(name, x) * per_channel(w, x) + per_channel(b, x)
    a, weight, bias = map(fastnn.from_numpy, (x, w, b))
    run(lambda: OPS[name](a, weight, bias), expected, bytes=12 * x.size)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("name", ["batch_norm", "group_norm"])
def test_forward_backward(run, name, shape, order):
    value, dy = (in_memory_format(normal(*shape, seed=s), order) for s in (0, 1))
    x = fastnn.tensor(value, requires_grad=True)
    w = fastnn.tensor(normal(shape[1], seed=2), requires_grad=True)
    b = fastnn.tensor(normal(shape[1], seed=3), requires_grad=True)
    slope = fastnn.from_numpy(dy)
    step, gradient = training(lambda: OPS[name](x, w, b), slope, w, x, b)
    axes = tuple(i for i in range(value.ndim) if i != 1)
    expected = (dy * normalized(name, value)).sum(axes) / 100
    run(step, expected, bytes=32 * value.size, answer=lambda: gradient() / 100)
