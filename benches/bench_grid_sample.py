"""Sampling at the points of a grid: forward, and forward and backward, in channels-last memory."""

import numpy as np
import pytest

import fastnn
from fastnn.nn import functional

from .conftest import normal

SIZES = [(64, 1, 28, 28), (8, 3, 224, 224), (8, 64, 56, 56)]
MODES = ["nearest", "bilinear", "bicubic"]


@pytest.mark.parametrize("shape", SIZES)
@pytest.mark.parametrize("mode", MODES)
def test_identity(run, mode, shape):
    """At its own pixels, an image is itself."""
    n, c, h, w = shape
    value = np.moveaxis(normal(n, h, w, c), -1, 1)
    x = fastnn.tensor(value, requires_grad=True)
    grid = functional.affine_grid(np.tile(np.eye(2, 3, dtype=np.float32), (n, 1, 1)), shape)
    grid = grid.detach()
    grid.requires_grad = True
    dy = fastnn.from_numpy(np.moveaxis(np.ones((n, h, w, c), np.float32), -1, 1))

    def step():
        x.grad = grid.grad = None
        y = functional.grid_sample(x, grid, mode)
        y.backward(dy)
        return y

    run(step, value, bytes=4 * 6 * value.size, answer=lambda: step().detach())
