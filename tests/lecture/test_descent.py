"""Gradient descent: batch size, learning rate and momentum."""

import numpy as np
import pytest

import fastnn
import fastnn.nn.functional as F
from fastnn import nn
from fastnn.data import DataLoader, TensorDataset

RNG = np.random.default_rng(0)
TRUE = np.array([[2.0], [-3.0]])
X = RNG.normal(size=(120, 2)).astype(np.float32)
Y = (X @ TRUE + 0.5).astype(np.float32)


def fit(batch_size, epochs, lr):
    """Fit a linear regression; return the model and the number of steps."""
    model = nn.Linear(2, 1)
    nn.init.zeros_(model.weight)
    nn.init.zeros_(model.bias)
    optimizer = fastnn.optim.SGD(model.parameters(), lr=lr)
    loader = DataLoader(TensorDataset(X, Y), batch_size=batch_size, shuffle=True, seed=0)
    steps = 0
    for _ in range(epochs):
        for x, y in loader:
            optimizer.zero_grad()
            F.mse_loss(model(x), y).backward()
            optimizer.step()
            steps += 1
    return model, steps


@pytest.mark.parametrize(
    ("batch_size", "epochs", "lr", "steps"),
    [(None, 200, 0.1, 200), (1, 5, 0.02, 600), (16, 30, 0.1, 240)],
    ids=["full-batch", "stochastic", "mini-batch"],
)
def test_all_batch_sizes_find_the_same_line(batch_size, epochs, lr, steps):
    model, taken = fit(batch_size, epochs, lr)
    assert taken == steps
    assert np.allclose(model.weight._array, TRUE.T, atol=1e-2)
    assert model.bias.item() == pytest.approx(0.5, abs=1e-2)


def test_a_batch_gradient_is_the_mean_of_its_samples():
    model = nn.Linear(2, 1)
    F.mse_loss(model(fastnn.from_numpy(X)), fastnn.from_numpy(Y)).backward()
    whole = model.weight.grad._array.copy()
    parts = []
    for x, y in DataLoader(TensorDataset(X, Y), batch_size=1):
        model.zero_grad()
        F.mse_loss(model(x), y).backward()
        parts.append(model.weight.grad._array.copy())
    assert np.allclose(np.mean(parts, axis=0), whole, atol=1e-5)


def descend(lr, steps):
    """Plain gradient descent on x² from 1."""
    x = fastnn.tensor(1.0, requires_grad=True)
    for _ in range(steps):
        x.grad = None
        (x * x).backward()
        with fastnn.no_grad():
            x -= lr * x.grad
    return abs(x.item())


def test_size_of_the_step():
    assert descend(1.1, 50) > 1e3  # |1 - 2 · 1.1| > 1: each step overshoots further
    assert descend(0.001, 50) > 0.9  # barely moves
    assert descend(0.3, 50) < 1e-6
    assert descend(0.5, 1) == 0  # one step reaches the minimum of x²
    assert descend(1.0, 50) == 1  # oscillates forever


def valley(momentum):
    """Steps until 10 x² + y² / 10 from (1, 10) falls below 1e-4."""
    p = nn.Parameter(fastnn.tensor([1.0, 10.0]))
    optimizer = fastnn.optim.SGD([p], lr=0.05, momentum=momentum)
    for step in range(10_000):
        x, y = p[0], p[1]
        f = 10 * x * x + y * y / 10
        if f.item() < 1e-4:
            return step
        optimizer.zero_grad()
        f.backward()
        optimizer.step()
    return 10_000


def test_momentum_beats_plain_descent_in_a_narrow_valley():
    plain, heavy = valley(0.0), valley(0.9)
    assert heavy < plain / 2
