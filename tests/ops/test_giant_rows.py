"""Rows, bags and views so long that they are computed in pieces, between which Ctrl-C is heard."""

import numpy as np
import pytest

from fastnn import kernels

N = (1 << 22) + 1029  # more than a piece, and no multiple of a register


@pytest.fixture(scope="module")
def row():
    return np.random.default_rng(0).standard_normal(N).astype(np.float32)


def close(got, want, tolerance):
    """Within a tolerance relative to the largest element."""
    assert got.shape == want.shape
    assert np.abs(got - want).max() <= tolerance * np.abs(want).max()


def test_median(row):
    value, at = kernels.median(row, 0)
    want = np.sort(row)[(N - 1) // 2]
    assert value.item() == want
    assert at.item() == np.flatnonzero(row == want)[0]


@pytest.mark.parametrize("smoothing", [0.0, 0.25])
def test_cross_entropy(row, smoothing):
    x = row.astype(np.float64)
    loss, dx = kernels.cross_entropy(
        row[None], np.array([N - 2]), with_gradient=True, label_smoothing=smoothing
    )
    e = np.exp(x - x.max())
    target = np.full(N, smoothing / N)
    target[N - 2] += 1 - smoothing
    close(dx[0], e / e.sum() - target, 1e-5)
    want = np.log(e.sum()) + x.max() - (target * x).sum()
    assert loss.item() == pytest.approx(want, rel=1e-6)


def test_layer_norm(row):
    x, dy = row.astype(np.float64), np.cos(np.arange(N))
    y, mean, rstd = kernels.layer_norm(row[None], (N,))
    s = 1 / np.sqrt(x.var() + 1e-5)
    h = (x - x.mean()) * s
    close(y[0], h, 1e-6)
    dx = kernels.layer_norm_backward(dy[None].astype(np.float32), row[None], (N,), mean, rstd)[0]
    close(dx[0], s * (dy - dy.mean() - h * (dy * h).mean()), 1e-5)


@pytest.mark.parametrize("mode", ["sum", "mean", "max"])
def test_a_bag(mode):
    rng = np.random.default_rng(1)
    count = (1 << 20) + 77
    ids, weight = rng.integers(0, 50, count), rng.standard_normal((50, 3))
    y, _ = kernels.embedding_bag(ids, np.array([0, count, count]), weight, mode)
    close(y[0], getattr(weight[ids], mode)(0), 1e-10)
    assert not y[1].any()


def test_weights_of_positions_in_bags_of_any_size():
    rng = np.random.default_rng(2)
    sizes = np.array([0, 3, 0, 0, 20_000, 1, 0, 40_000, 0])
    offsets = np.concatenate([[0], sizes.cumsum()])
    ids, weight = rng.integers(0, 50, offsets[-1]), rng.standard_normal((50, 5))
    dy = rng.standard_normal((len(sizes), 5))
    got = kernels.embedding_bag_weights_backward(dy, ids, offsets, weight)
    close(got, (np.repeat(dy, sizes, 0) * weight[ids]).sum(1), 1e-14)


@pytest.mark.parametrize(
    "view",
    [
        lambda x: x.T,
        lambda x: x[:, ::-1],
        lambda x: x.transpose(1, 0, 2),
        lambda x: np.broadcast_to(x[:1, :, :1], x.shape),
    ],
    ids=["T", "reversed", "exchanged", "broadcast"],
)
def test_copies_of_views(view):
    """A scan needs its operand in C order: 72 MB are copied in pieces."""
    x = view(np.random.default_rng(3).standard_normal((3, 2000, 3000)).astype(np.float32))
    np.testing.assert_array_equal(kernels.cumsum(x, 0), kernels.cumsum(x.copy(), 0))


@pytest.mark.parametrize("dtype", ["i8", "i2", "u4"])
@pytest.mark.parametrize("step", [1, -1])
def test_copies_of_ids(dtype, step):
    ids = np.random.default_rng(4).integers(0, 7, (1 << 23) + 5).astype(dtype)[::step]
    table = np.arange(7, dtype=np.float32)[:, None]
    np.testing.assert_array_equal(kernels.embedding(ids, table)[:, 0], ids.astype(np.float32))
