"""Embedding and EmbeddingBag: forward, and forward and backward."""

import numpy as np
import pytest

import fastnn
from fastnn.nn import functional

from .conftest import normal

# Rows and columns of the table, shape of the ids.
SIZES = [((1000, 32), (32, 20)), ((20000, 128), (64, 200)), ((200_000, 64), (64, 50))]


def ids_of(rows, shape):
    """Ids as frequent as words of a text: the n-th has frequency 1/n (Zipf's law)."""
    share = 1 / np.arange(1, rows + 1)
    return np.random.default_rng(1).choice(rows, shape, p=share / share.sum())


@pytest.mark.parametrize(("table", "shape"), SIZES)
def test_forward(run, table, shape):
    weight, ids = normal(*table), ids_of(table[0], shape)
    w, i = fastnn.from_numpy(weight), fastnn.from_numpy(ids)
    run(lambda: functional.embedding(i, w), weight[ids], bytes=8 * ids.size * table[1])


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize(("table", "shape"), SIZES)
def test_forward_backward(run, table, shape, sparse):
    ids, dy = ids_of(table[0], shape), normal(*shape, table[1], seed=2)
    w = fastnn.tensor(normal(*table), requires_grad=True)
    i, slope = fastnn.from_numpy(ids), fastnn.from_numpy(dy)

    def step():
        w.grad = None
        functional.embedding(i, w, sparse=sparse).backward(slope)

    def answer():
        step()
        return w.grad.to_dense().numpy() if sparse else w.grad.numpy()

    expected = np.zeros(table)
    np.add.at(expected, ids.reshape(-1), dy.reshape(-1, table[1]))
    written = len(np.unique(ids)) if sparse else table[0]
    run(step, expected, bytes=4 * table[1] * (3 * ids.size + written), answer=answer)


@pytest.mark.parametrize("mode", ["sum", "mean", "max"])
@pytest.mark.parametrize(("table", "shape"), SIZES)
def test_bag(run, table, shape, mode):
    weight, ids = normal(*table), ids_of(table[0], shape)
    w, i = fastnn.from_numpy(weight), fastnn.from_numpy(ids)
    expected = getattr(weight[ids].astype("f8"), mode)(axis=1)
    run(
        lambda: functional.embedding_bag(i, w, mode=mode),
        expected,
        bytes=4 * table[1] * (ids.size + shape[0]),
    )
