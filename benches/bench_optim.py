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


def first_adagrad_step(p, g):
    """Parameters after the first step, whose denominator is the magnitude."""
    return p - 1e-3 * g / (np.abs(g) + 1e-10)


def first_adadelta_step(p, g):
    """Parameters after the first step: the mean square is a tenth of the square."""
    return p - 1e-3 * np.sqrt(1e-6 / (0.1 * g * g + 1e-6)) * g


def first_adamax_step(p, g):
    """Parameters after the first step."""
    return p - 1e-3 * g / (np.abs(g) + 1e-8)


def first_nadam_step(p, g):
    """Parameters after the first step: both moments are their own estimate."""
    mu = [0.9 * (1 - 0.5 * 0.96 ** (t * 4e-3)) for t in (1, 2)]
    part = 1 + 0.1 * mu[1] / (1 - mu[0] * mu[1])
    return p - 1e-3 * part * g / (np.abs(g) + 1e-8)


def first_asgd_step(p, g):
    """Parameters after the first step."""
    return p * (1 - 1e-7) - 1e-3 * g


def first_sign_step(p, g):
    """Parameters after the first step of Rprop and Lion."""
    return p - 1e-3 * np.sign(g)


def first_lamb_step(p, g):
    """Parameters after the first step: each is as long as its update."""
    u = g / (np.abs(g) + 1e-6)
    return p - 1e-3 * np.linalg.norm(p) / np.linalg.norm(u) * u


CASES = {
    "sgd": (lambda params: optim.SGD(params, 1e-3, momentum=0.9), first_sgd_step, 5),
    "adam": (lambda params: optim.Adam(params, 1e-3), first_adam_step, 7),
    "rmsprop": (lambda params: optim.RMSprop(params, 1e-3), first_rmsprop_step, 5),
    "adagrad": (lambda params: optim.Adagrad(params, 1e-3), first_adagrad_step, 5),
    "adadelta": (lambda params: optim.Adadelta(params, 1e-3), first_adadelta_step, 7),
    "adamax": (lambda params: optim.Adamax(params, 1e-3), first_adamax_step, 7),
    "nadam": (lambda params: optim.NAdam(params, 1e-3), first_nadam_step, 7),
    "radam": (lambda params: optim.RAdam(params, 1e-3), first_sgd_step, 7),
    "asgd": (lambda params: optim.ASGD(params, 1e-3), first_asgd_step, 5),
    "rprop": (lambda params: optim.Rprop(params, 1e-3), first_sign_step, 7),
    "lion": (lambda params: optim.Lion(params, 1e-3), first_sign_step, 5),
    "lamb": (lambda params: optim.LAMB(params, 1e-3), first_lamb_step, 11),
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
