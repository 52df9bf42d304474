"""Attention: forward without a tape, and forward and backward."""

import numpy as np
import pytest

import fastnn
from fastnn.nn import functional

from .conftest import normal, training

# batch, heads, length, features per head
SHAPES = [(16, 8, 128, 32), (4, 12, 512, 64), (1, 8, 2048, 64), (64, 4, 16, 16), (1, 1, 1, 64)]


def parts(shape):
    """Query, key and value as views of one array."""
    b, h, t, d = shape
    rows = normal(b, t, 3, h, d)
    return rows.transpose(2, 0, 3, 1, 4)


def attention(q, k, v):
    """Attention in float64."""
    x = q @ k.swapaxes(-1, -2) / np.sqrt(q.shape[-1])
    e = np.exp(x - x.max(-1, keepdims=True))
    return e @ v / e.sum(-1, keepdims=True)


@pytest.mark.parametrize("shape", SHAPES)
def test_forward(run, shape):
    b, h, t, d = shape
    q, k, v = parts(shape)
    args = [fastnn.from_numpy(x) for x in (q, k, v)]
    expected = attention(*[x.astype("f8") for x in (q, k, v)])

    def step():
        with fastnn.no_grad():
            return functional.scaled_dot_product_attention(*args)

    run(step, expected, flops=4 * b * h * t * t * d, bytes=16 * q.size)


@pytest.mark.parametrize("shape", [(1, 1, 4096, 64), (1, 8, 4096, 64), (8, 8, 512, 64)])
def test_one_query(run, shape):
    """One step of decoding: one query against all keys so far."""
    b, h, s, d = shape
    q, k, v = normal(b, h, 1, d), normal(b, h, s, d, seed=1), normal(b, h, s, d, seed=2)
    args = [fastnn.from_numpy(x) for x in (q, k, v)]
    expected = attention(*[x.astype("f8") for x in (q, k, v)])

    def step():
        with fastnn.no_grad():
            return functional.scaled_dot_product_attention(*args)

    run(step, expected, flops=4 * b * h * s * d, bytes=2 * k.nbytes)


@pytest.mark.parametrize("shape", SHAPES)
def test_forward_backward(run, shape):
    b, h, t, d = shape
    args = [fastnn.Tensor(x, requires_grad=True) for x in parts(shape)]
    dy = normal(b, h, t, d, seed=3)
    slope = fastnn.from_numpy(dy)
    attend = functional.scaled_dot_product_attention
    step, answer = training(lambda: attend(*args), slope, args[2], *args[:2])
    q, k, _ = [x._array.astype("f8") for x in args]
    x = q @ k.swapaxes(-1, -2) / np.sqrt(d)
    e = np.exp(x - x.max(-1, keepdims=True))
    expected = (e / e.sum(-1, keepdims=True)).swapaxes(-1, -2) @ dy
    run(step, expected, flops=14 * b * h * t * t * d, bytes=32 * dy.size, answer=answer)
