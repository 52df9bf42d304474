"""Pooling: forward, and forward and backward, over images in channels-last memory."""

import numpy as np
import pytest

import fastnn
from fastnn.nn import functional

from .conftest import normal, training

# Images, and kernel, stride and padding of their windows.
SIZES = [
    ((8, 64, 112, 112), (3, 2, 1)),
    ((8, 64, 56, 56), (2, 2, 0)),
    ((8, 192, 28, 28), (3, 1, 1)),
    ((32, 3, 64, 64), (2, 2, 0)),
    ((32, 1, 28, 28), (2, 2, 0)),
]
POOLED = [((8, 512, 7, 7), 1), ((8, 256, 56, 56), 1), ((8, 256, 28, 28), 7)]


def image(*shape, seed=0):
    """An array of this shape over channels-last memory."""
    n, c, *sizes = shape
    return np.moveaxis(normal(n, *sizes, c, seed=seed), -1, 1)


def windows_of(x, kernel, stride, padding, fill):
    """All windows, (N, C, H, W, kernel, kernel)."""
    pad = (padding, padding)
    padded = np.pad(x, ((0, 0), (0, 0), pad, pad), constant_values=fill)
    found = np.lib.stride_tricks.sliding_window_view(padded, (kernel, kernel), axis=(2, 3))
    return found[:, :, ::stride, ::stride]


@pytest.mark.parametrize(("shape", "options"), SIZES)
@pytest.mark.parametrize("name", ["max_pool2d", "avg_pool2d"])
def test_forward(run, name, shape, options):
    value = image(*shape)
    x = fastnn.from_numpy(value)
    windows = windows_of(value, *options, -np.inf if name == "max_pool2d" else 0)
    expected = windows.max((-1, -2)) if name == "max_pool2d" else windows.mean((-1, -2))
    op = getattr(functional, name)
    run(lambda: op(x, *options), expected, bytes=4 * (value.size + expected.size))


@pytest.mark.parametrize(("shape", "options"), SIZES)
@pytest.mark.parametrize("name", ["max_pool2d", "avg_pool2d"])
def test_forward_backward(run, name, shape, options):
    value = image(*shape)
    x = fastnn.tensor(value, requires_grad=True)
    op = getattr(functional, name)
    dy = fastnn.from_numpy(image(*op(x, *options).shape, seed=1))
    step, gradient = training(lambda: op(x, *options), dy, x)

    def answer():
        """Sums over the planes: every element of dy contributes to one."""
        return gradient().sum((2, 3), dtype="f8")

    expected = dy.numpy().sum((2, 3), dtype="f8")
    if name == "avg_pool2d" and options[2]:
        inside = windows_of(np.ones_like(value), *options, 0).mean((-1, -2))
        expected = (dy.numpy() * inside).sum((2, 3), dtype="f8")
    size = 4 * (2 * value.size + 2 * dy.numel())
    run(step, expected, bytes=size, tolerance=1e-4, answer=answer)


@pytest.mark.parametrize(("shape", "size"), POOLED)
def test_adaptive(run, shape, size):
    value = image(*shape)
    x = fastnn.tensor(value, requires_grad=True)
    dy = fastnn.from_numpy(image(*shape[:2], size, size, seed=1))

    def step():
        x.grad = None
        y = functional.adaptive_avg_pool2d(x, size)
        y.backward(dy)
        return y

    n, c, h, w = shape
    blocks = value.reshape(n, c, size, h // size, size, w // size)
    run(step, blocks.mean((3, 5)), bytes=8 * value.size, answer=lambda: step().detach())
