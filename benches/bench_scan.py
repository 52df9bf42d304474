"""Cumulative sums and products along rows and along columns."""

import numpy as np
import pytest

import fastnn

from .conftest import normal

SHAPES = [(256, 4096), (1, 1 << 20), (1 << 18, 4)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("axis", [0, 1])
def test_cumsum(run, shape, axis):
    x = normal(*shape)
    a = fastnn.from_numpy(x)
    run(lambda: fastnn.cumsum(a, axis), np.cumsum(x.astype("f8"), axis), bytes=8 * x.size)


@pytest.mark.parametrize("axis", [0, 1])
def test_cumprod(run, axis):
    x = 1 + normal(*SHAPES[0]) / np.float32(1000)
    a = fastnn.from_numpy(x)
    run(lambda: fastnn.cumprod(a, axis), np.cumprod(x.astype("f8"), axis), bytes=8 * x.size)
