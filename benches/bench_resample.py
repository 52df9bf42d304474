"""Interpolation: forward, and forward and backward, over images in channels-last memory."""

import numpy as np
import pytest

import fastnn
from fastnn.nn import functional

from .conftest import normal

SIZES = [(8, 64, 28, 28), (2, 256, 64, 64), (8, 3, 112, 112)]
MODES = ["nearest", "bilinear", "bicubic"]


@pytest.mark.parametrize("shape", SIZES)
@pytest.mark.parametrize("mode", MODES)
def test_double_size(run, mode, shape):
    """An image of one colour keeps it in every mode; its gradient is four times that of dy."""
    n, c, h, w = shape
    colours = normal(n, c)[:, :, None, None]
    value = np.moveaxis(
        np.ascontiguousarray(np.broadcast_to(colours[:, :, 0], (n, c, h * w))), 1, 2
    )
    x = fastnn.tensor(np.moveaxis(value.reshape(n, h, w, c), -1, 1), requires_grad=True)
    dy = fastnn.from_numpy(np.moveaxis(np.ones((n, 2 * h, 2 * w, c), np.float32), -1, 1))

    def step():
        x.grad = None
        y = functional.interpolate(x, scale_factor=2, mode=mode)
        y.backward(dy)
        return y

    expected = np.broadcast_to(colours, (n, c, 2 * h, 2 * w))
    run(step, expected, bytes=4 * 10 * value.size, answer=lambda: step().detach())
