"""GEMM: squares, transposed operands, skinny and batched products."""

import pytest

import fastnn

from .conftest import normal

SHAPES = [(32, 64, 64), (64, 256, 256), (128, 1024, 1024), (512, 512, 512), (1024, 1024, 1024)]
SKINNY = [(1, 4096, 1024), (1000, 10, 3000), (1000, 3000, 10)]


@pytest.mark.parametrize(("m", "n", "k"), SHAPES + SKINNY)
@pytest.mark.parametrize("trans", ["nn", "nt", "tn"])
def test_matmul(run, m, n, k, trans):
    x = normal(k, m).T if trans[0] == "t" else normal(m, k)
    y = normal(n, k, seed=1).T if trans[1] == "t" else normal(k, n, seed=1)
    a, b = fastnn.from_numpy(x), fastnn.from_numpy(y)
    expected = x.astype("f8") @ y.astype("f8")
    size = 4 * (m * k + k * n + m * n)
    run(lambda: fastnn.matmul(a, b), expected, flops=2 * m * n * k, bytes=size)


@pytest.mark.parametrize(("batch", "m", "n", "k"), [(64, 32, 32, 32), (128, 128, 128, 64)])
def test_batched(run, batch, m, n, k):
    x, y = normal(batch, m, k), normal(batch, k, n, seed=1)
    a, b = fastnn.from_numpy(x), fastnn.from_numpy(y)
    size = 4 * batch * (m * k + k * n + m * n)
    expected = x.astype("f8") @ y.astype("f8")
    run(lambda: fastnn.matmul(a, b), expected, flops=2 * batch * m * n * k, bytes=size)
