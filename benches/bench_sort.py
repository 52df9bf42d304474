"""Sorting, the first few elements, different elements and searches."""

import numpy as np
import pytest

import fastnn

from .conftest import normal

SHAPES = [(1_000_000,), (2048, 1024), (256, 512), (32, 10)]


@pytest.mark.parametrize("shape", SHAPES)
def test_sort(run, shape):
    x = normal(*shape)
    a = fastnn.from_numpy(x)
    run(lambda: fastnn.sort(a).values, np.sort(x), bytes=16 * x.size)


def test_sort_columns(run):
    x = normal(2048, 1024)
    a = fastnn.from_numpy(x)
    run(lambda: fastnn.sort(a, 0).values, np.sort(x, 0), bytes=16 * x.size)


@pytest.mark.parametrize("k", [5, 100])
def test_topk(run, k):
    x = normal(2048, 1024)
    a = fastnn.from_numpy(x)
    run(lambda: fastnn.topk(a, k).values, np.sort(x)[:, : -k - 1 : -1], bytes=4 * x.size)


def test_kthvalue(run):
    x = normal(2048, 1024)
    a = fastnn.from_numpy(x)
    run(lambda: fastnn.kthvalue(a, 100).values, np.sort(x)[:, 99], bytes=4 * x.size)


def test_unique(run):
    x = np.trunc(1000 * normal(1_000_000))
    a = fastnn.from_numpy(x)
    run(lambda: fastnn.unique(a), np.unique(x), bytes=4 * x.size)


def test_searchsorted(run):
    x, table = normal(1_000_000), np.sort(normal(1000))
    a, t = fastnn.from_numpy(x), fastnn.from_numpy(table)
    run(lambda: fastnn.searchsorted(t, a), np.searchsorted(table, x), bytes=12 * x.size)


def test_bincount(run):
    x = np.random.default_rng(0).integers(0, 1000, 1_000_000)
    a = fastnn.from_numpy(x)
    run(lambda: fastnn.bincount(a), np.bincount(x), bytes=8 * x.size)
