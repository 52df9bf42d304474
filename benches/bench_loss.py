"""Losses: forward and backward."""

import numpy as np
import pytest

import fastnn
from fastnn.nn import functional

from .bench_softmax import softmax
from .conftest import normal


def time_loss(run, loss, value, expected, size):
    """Time ``loss(x).backward()`` and check the gradient of x."""
    x = fastnn.tensor(value, requires_grad=True)

    def step():
        x.grad = None
        loss(x).backward()

    def answer():
        step()
        return x.grad.numpy()

    run(step, expected, bytes=size, answer=answer)


@pytest.mark.parametrize(("rows", "classes"), [(32, 10), (128, 1000), (640, 10000)])
def test_cross_entropy(run, rows, classes):
    x = normal(rows, classes)
    ids = np.random.default_rng(1).integers(0, classes, rows)
    labels = fastnn.from_numpy(ids)
    expected = softmax(x.astype("f8"))
    expected[np.arange(rows), ids] -= 1
    time_loss(run, lambda t: functional.cross_entropy(t, labels), x, expected / rows, 12 * x.size)


@pytest.mark.parametrize("count", [1 << 10, 1 << 20])
def test_mse(run, count):
    x, y = normal(count), normal(count, seed=1)
    target = fastnn.from_numpy(y)
    expected = 2 * (x.astype("f8") - y) / count
    time_loss(run, lambda t: functional.mse_loss(t, target), x, expected, 20 * count)


@pytest.mark.parametrize("count", [1 << 10, 1 << 20])
def test_bce_with_logits(run, count):
    x, y = normal(count), np.random.default_rng(1).random(count, np.float32)
    target = fastnn.from_numpy(y)
    expected = (1 / (1 + np.exp(-x.astype("f8"))) - y) / count

    def loss(t):
        return functional.binary_cross_entropy_with_logits(t, target)

    time_loss(run, loss, x, expected, 20 * count)
