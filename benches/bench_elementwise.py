"""Elementwise: arithmetic with and without broadcasting, and functions."""

import numpy as np
import pytest

import fastnn

from .conftest import normal, training

COUNTS = [1 << 10, 1 << 16, 1 << 22]


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("name", ["add", "mul", "div", "maximum"])
def test_binary(run, name, count):
    x, y = normal(count), normal(count, seed=1) + np.float32(8)
    a, b = fastnn.from_numpy(x), fastnn.from_numpy(y)
    op = getattr(fastnn, name)
    expected = {"add": x + y, "mul": x * y, "div": x / y, "maximum": np.maximum(x, y)}[name]
    run(lambda: op(a, b), expected, flops=count, bytes=12 * count)


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("name", ["exp", "log", "sqrt", "sin", "abs", "square"])
def test_unary(run, name, count):
    x = np.abs(normal(count)) + np.float32(0.1)
    a = fastnn.from_numpy(x)
    op = getattr(fastnn, name)
    run(lambda: op(a), getattr(np, name)(x.astype("f8")), bytes=8 * count)


@pytest.mark.parametrize(("left", "right"), [((2048, 512), (512,)), ((2048, 512), (2048, 1))])
def test_broadcast(run, left, right):
    x, y = normal(*left), normal(*right, seed=1)
    a, b = fastnn.from_numpy(x), fastnn.from_numpy(y)
    run(lambda: a + b, x + y, bytes=8 * x.size)


def test_broadcast_backward(run):
    x, y = normal(2048, 512), normal(512, seed=1)
    a, b = fastnn.tensor(x, requires_grad=True), fastnn.tensor(y, requires_grad=True)
    dy = normal(2048, 512, seed=2)
    slope = fastnn.from_numpy(dy)
    step, answer = training(lambda: a * b, slope, b, a)
    run(step, (dy.astype("f8") * x).sum(0), bytes=24 * x.size, answer=answer)
