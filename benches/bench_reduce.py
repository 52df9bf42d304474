"""Reductions over all axes, over rows and over columns."""

import numpy as np
import pytest

import fastnn

from .conftest import normal

SHAPES = [(64, 64), (2048, 1024), (16, 1 << 18)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("axis", [None, 0, 1])
@pytest.mark.parametrize("name", ["sum", "mean", "amax"])
def test_reduce(run, name, axis, shape):
    x = normal(*shape) + np.float32(1)
    a = fastnn.from_numpy(x)
    op = getattr(fastnn, name)
    expected = getattr(np, name)(x.astype("f8"), axis=axis)
    step = (lambda: op(a)) if axis is None else (lambda: op(a, axis))
    run(step, expected, flops=x.size, bytes=4 * (x.size + expected.size))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", ["var", "argmax", "logsumexp"])
def test_rows(run, name, shape):
    x = normal(*shape)
    a = fastnn.from_numpy(x)
    wide = x.astype("f8")
    expected = {
        "var": lambda: wide.var(1, ddof=1),
        "argmax": lambda: wide.argmax(1),
        "logsumexp": lambda: np.log(np.exp(wide).sum(1)),
    }[name]()
    op = getattr(fastnn, name)
    run(lambda: op(a, 1), expected, bytes=4 * x.size)


@pytest.mark.parametrize("shape", SHAPES)
def test_count_nonzero(run, shape):
    x = np.trunc(normal(*shape))
    a = fastnn.from_numpy(x)
    run(lambda: fastnn.count_nonzero(a, 1), np.count_nonzero(x, 1), bytes=4 * x.size)


@pytest.mark.parametrize("shape", SHAPES)
def test_median(run, shape):
    x = normal(*shape)
    a = fastnn.from_numpy(x)
    expected = np.sort(x, 1)[:, (shape[1] - 1) // 2]
    run(lambda: fastnn.median(a, 1).values, expected, bytes=4 * x.size)
