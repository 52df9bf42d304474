"""Copies between memory orders, and what is made of them."""

import numpy as np
import pytest

import fastnn
from fastnn import kernels

from .conftest import normal


@pytest.mark.parametrize("shape", [(32, 10), (256, 512), (2048, 1024), (1000, 1003)])
def test_transpose(run, shape):
    x = normal(*shape).T
    run(lambda: kernels.clone(x, True), x, bytes=2 * x.nbytes)


@pytest.mark.parametrize("order", [(0, 2, 3, 1), (0, 3, 1, 2), (1, 0, 2, 3)])
def test_permute(run, order):
    x = normal(8, 64, 56, 56).transpose(order)
    run(lambda: kernels.clone(x, True), x, bytes=2 * x.nbytes)


@pytest.mark.parametrize("axis", [0, 1])
def test_cat(run, axis):
    x = normal(1024, 1024)
    a = fastnn.from_numpy(x)
    run(lambda: fastnn.cat([a, a], axis), np.concatenate([x, x], axis), bytes=4 * x.nbytes)


def test_tril(run):
    x = normal(1024, 1024)
    a = fastnn.from_numpy(x)
    run(lambda: fastnn.tril(a), np.tril(x), bytes=2 * x.nbytes)


def test_pad(run):
    x = normal(32, 3, 224, 224)
    a = fastnn.from_numpy(x)
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    run(lambda: fastnn.nn.functional.pad(a, (1, 1, 1, 1)), padded, bytes=2 * x.nbytes)
