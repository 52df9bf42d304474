"""Linear: forward without a tape, and forward and backward."""

import pytest

import fastnn
from fastnn.nn import functional

from .conftest import normal, training

SHAPES = [(32, 64, 64), (128, 784, 256), (256, 1024, 1024), (64, 256, 10), (1, 784, 256)]


@pytest.mark.parametrize(("batch", "inner", "outer"), SHAPES)
def test_forward(run, batch, inner, outer):
    x, w, b = normal(batch, inner), normal(outer, inner, seed=1), normal(outer, seed=2)
    args = [fastnn.from_numpy(a) for a in (x, w, b)]
    expected = x.astype("f8") @ w.T.astype("f8") + b
    size = 4 * (x.size + w.size + b.size + expected.size)
    flops = 2 * batch * inner * outer
    run(lambda: functional.linear(*args), expected, flops=flops, bytes=size)


@pytest.mark.parametrize(("batch", "inner", "outer"), SHAPES)
def test_forward_backward(run, batch, inner, outer):
    x, w, b = normal(batch, inner), normal(outer, inner, seed=1), normal(outer, seed=2)
    args = [fastnn.tensor(a, requires_grad=True) for a in (x, w, b)]
    dy = normal(batch, outer, seed=3)
    slope = fastnn.from_numpy(dy)
    step, answer = training(lambda: functional.linear(*args), slope, args[1], args[0], args[2])
    size = 4 * 3 * (x.size + w.size + dy.size)
    expected = dy.T.astype("f8") @ x.astype("f8")
    run(step, expected, flops=6 * batch * inner * outer, bytes=size, answer=answer)
