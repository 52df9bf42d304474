"""Linear layers on batches in CSR form."""

import numpy as np
import pytest

import fastnn
import fastnn.nn.functional as F
from fastnn import nn
from tests.harness import THREADS, numbers, threads

sparse = pytest.importorskip("scipy.sparse")


def batch(rows=6, columns=9, density=0.3, dtype="f8"):
    rng = np.random.Generator(np.random.PCG64(0))
    x = numbers(rows, columns) * (rng.random((rows, columns)) < density)
    x[0] = 0.0  # a row without elements
    return sparse.csr_matrix(x.astype(dtype))


W, B = numbers(4, 9, seed=1), numbers(4, seed=2)


def run(x, activation=None):
    w, b = (fastnn.tensor(a, requires_grad=True) for a in (W, B))
    y = F.linear(x, w, b, activation=activation)
    y.backward(fastnn.tensor(numbers(6, 4, seed=3)))
    return y.detach().numpy(), w.grad.numpy(), b.grad.numpy()


ACTIVATIONS = [None, "relu", "tanh", "gelu_tanh", ("elu", 0.5, 2.0, 0.5), ("threshold", 0.1, 2.0)]


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=str)
@pytest.mark.parametrize("kind", [sparse.csr_matrix, sparse.csr_array])
def test_values_and_gradients_are_those_of_the_dense_batch(kind, activation):
    x = kind(batch())
    got, want = run(x, activation), run(x.toarray(), activation)
    for a, b in zip(got, want):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14)


def test_without_a_bias_and_without_elements():
    empty = sparse.csr_matrix((3, 9))
    np.testing.assert_array_equal(F.linear(empty, W), np.zeros((3, 4)))
    np.testing.assert_array_equal(F.linear(empty, W, B), np.tile(B, (3, 1)))
    assert F.linear(sparse.csr_matrix((0, 9)), W).shape == (0, 4)


def test_a_model_learns_from_it():
    x = batch(50, 9, 0.4, "f4")
    target = fastnn.tensor((x @ W[:2].T.astype("f4")).argmax(1))
    model = nn.Sequential(nn.Linear(9, 8), nn.ReLU(), nn.Linear(8, 2))
    optimizer = fastnn.optim.Adam(model.parameters(), 0.05)
    losses = []
    for _ in range(60):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), target)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] / 3


def test_same_bits_with_any_threads():
    x = batch(2000, 300, 0.05)
    w = numbers(33, 300)
    found = []
    for n in THREADS:
        leaf = fastnn.tensor(w, requires_grad=True)
        with threads(n):
            y = F.linear(x, leaf)
            y.sum().backward()
        found.append((y.detach().numpy(), leaf.grad.numpy()))
    for y, dw in found[1:]:
        np.testing.assert_array_equal(y, found[0][0])
        np.testing.assert_array_equal(dw, found[0][1])


def test_what_is_refused():
    with pytest.raises(TypeError, match=r"must be a matrix in CSR form, got csc; call its tocsr"):
        F.linear(batch().tocsc(), W)
    with pytest.raises(ValueError, match=r"weight must have shape \(O, 9\) for input \(6, 9\)"):
        F.linear(batch(), W[:, :3])
    with pytest.raises(TypeError, match="linear"):
        F.linear(batch(dtype="f4"), W)
    with pytest.raises(ValueError, match="activation must be None or one of"):
        F.linear(batch(), W, activation="swoosh")
