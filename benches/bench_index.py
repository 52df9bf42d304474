"""Elements taken from places and put there: by index arrays, along a dimension, by masks."""

import numpy as np
import pytest

import fastnn

from .conftest import normal

SHAPES = [(256, 512), (2048, 1024), (1 << 18, 4)]


def places(shape, axis, count=None):
    rng = np.random.default_rng(0)
    return rng.integers(0, shape[axis], shape if count is None else count)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("axis", [0, 1])
def test_gather(run, shape, axis):
    x, i = normal(*shape), places(shape, axis)
    a, b = fastnn.from_numpy(x), fastnn.from_numpy(i)
    run(lambda: fastnn.gather(a, axis, b), np.take_along_axis(x, i, axis), bytes=16 * x.size)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("axis", [0, 1])
def test_index_select(run, shape, axis):
    x, i = normal(*shape), places(shape, axis, shape[axis])
    a, b = fastnn.from_numpy(x), fastnn.from_numpy(i)
    run(lambda: fastnn.index_select(a, axis, b), np.take(x, i, axis), bytes=8 * x.size)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("axis", [0, 1])
def test_index_add(run, shape, axis):
    x, i = normal(*shape), places(shape, axis, shape[axis])
    want = np.zeros(shape)
    np.add.at(want, (slice(None),) * axis + (i,), x)
    a, b, zeros = fastnn.from_numpy(x), fastnn.from_numpy(i), fastnn.zeros(*shape)
    run(lambda: fastnn.index_add(zeros, axis, b, a), want, bytes=16 * x.size)


@pytest.mark.parametrize("shape", SHAPES)
def test_masked_select(run, shape):
    x = normal(*shape)
    a, b = fastnn.from_numpy(x), fastnn.from_numpy(x > 0)
    run(lambda: fastnn.masked_select(a, b), x[x > 0], bytes=7 * x.size)


@pytest.mark.parametrize("shape", SHAPES)
def test_masked_fill(run, shape):
    x = normal(*shape)
    a, b = fastnn.from_numpy(x), fastnn.from_numpy(x > 0)
    run(lambda: fastnn.masked_fill(a, b, 2.0), np.where(x > 0, 2.0, x), bytes=9 * x.size)
