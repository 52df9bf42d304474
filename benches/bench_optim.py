"""Optimizers: one step over many parameters."""

import numpy as np
import pytest

import fastnn
from fastnn import nn, optim

from .conftest import normal

SETS = {"mlp": [(64, 64), (64,), (10, 64), (10,)], "10M": [(1000, 1000)] * 10}


def first_adam_step(p, g):
    """Parameters after the first step of Adam: the moments cancel."""
    return p - 1e-3 * g / (np.abs(g) + 1e-8)


def first_sgd_step(p, g):
    """Parameters after the first step with momentum."""
    return p - 1e-3 * g


def first_rmsprop_step(p, g):
    """Parameters after the first step: the mean square is a hundredth of the square."""
    return p - 1e-3 * g / (0.1 * np.abs(g) + 1e-8)


CASES = {
    "sgd": (lambda params: optim.SGD(params, 1e-3, momentum=0.9), first_sgd_step, 5),
    "adam": (lambda params: optim.Adam(params, 1e-3), first_adam_step, 7),
    "rmsprop": (lambda params: optim.RMSprop(params, 1e-3), first_rmsprop_step, 5),
}


@pytest.mark.parametrize("sizes", SETS)
@pytest.mark.parametrize("name", CASES)
def test_step(run, name, sizes):
    make, reference, floats = CASES[name]
    values = [normal(*shape, seed=i) for i, shape in enumerate(SETS[sizes])]
    grads = [normal(*shape, seed=90 + i) for i, shape in enumerate(SETS[sizes])]
    params = [nn.Parameter(fastnn.tensor(value)) for value in values]
    for param, grad in zip(params, grads, strict=True):
        param.grad = fastnn.from_numpy(grad)
    optimizer = make(params)

    def answer():
        optimizer.step()
        return params[0].detach().numpy().copy()

    expected = reference(values[0].astype("f8"), grads[0].astype("f8"))
    count = sum(value.size for value in values)
    run(optimizer.step, expected, bytes=4 * floats * count, answer=answer)
