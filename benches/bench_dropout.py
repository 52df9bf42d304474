"""Dropout: forward and backward with counter-based random numbers."""

import pytest

import fastnn
from fastnn.nn import functional

from .conftest import normal


@pytest.mark.parametrize("count", [1 << 10, 1 << 18, 1 << 22])
def test_forward_backward(run, count):
    value = normal(count) + 8
    x, slope = fastnn.tensor(value, requires_grad=True), fastnn.ones(count)

    def step():
        x.grad = None
        y = functional.dropout(x, 0.25)
        y.backward(slope)
        return y

    def answer():
        y = step().detach().numpy()
        kept = y != 0
        assert abs(kept.mean() - 0.75) < 4 / count**0.5
        assert (x.grad.numpy()[kept] * 0.75 == 1).all()
        return y[kept][:100] / value[kept][:100]

    run(step, [1 / 0.75] * 100, bytes=16 * count, answer=answer)
