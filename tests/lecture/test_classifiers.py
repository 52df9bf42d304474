"""Logistic regression, softmax, and the smallest networks."""

import math

import numpy as np
import pytest

import fastnn
import fastnn.nn.functional as F
from fastnn import nn

RNG = np.random.default_rng(0)
X = np.vstack([RNG.normal(-1, 1, (50, 2)), RNG.normal(1, 1, (50, 2))]).astype(np.float32)
Y = np.repeat([0.0, 1.0], 50).astype(np.float32)

XOR_X = fastnn.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
XOR_Y = fastnn.tensor([[0.0], [1.0], [1.0], [0.0]])


def test_logistic_regression_as_a_graph():
    """The gradient of the mean log-loss by the weights is Xᵀ (p - y) / n."""
    w = fastnn.zeros(2, requires_grad=True)
    b = fastnn.zeros(1, requires_grad=True)
    for _ in range(200):
        z = fastnn.from_numpy(X) @ w + b
        p = 1 / (1 + fastnn.exp(-z))
        loss = -(Y * fastnn.log(p) + (1 - Y) * fastnn.log(1 - p)).mean()
        w.grad = b.grad = None
        loss.backward()
        expected = X.T @ (p._array - Y) / len(Y)
        assert np.allclose(w.grad._array, expected, atol=1e-6)
        assert np.allclose(b.grad._array, (p._array - Y).mean(), atol=1e-6)
        with fastnn.no_grad():
            w -= 0.5 * w.grad
            b -= 0.5 * b.grad
    assert loss.item() < 0.3
    assert ((p._array > 0.5) == Y).mean() > 0.85


def test_a_network_of_one_neuron_is_logistic_regression():
    w = fastnn.zeros(2, requires_grad=True)
    b = fastnn.zeros(1, requires_grad=True)
    neuron = nn.Sequential(nn.Linear(2, 1), nn.Sigmoid())
    nn.init.zeros_(neuron[0].weight)
    nn.init.zeros_(neuron[0].bias)
    optimizer = fastnn.optim.SGD(neuron.parameters(), lr=0.5)
    x, y = fastnn.from_numpy(X), fastnn.from_numpy(Y)
    for _ in range(50):
        p = fastnn.sigmoid(x @ w + b)
        by_hand = F.binary_cross_entropy(p, y)
        w.grad = b.grad = None
        by_hand.backward()
        with fastnn.no_grad():
            w -= 0.5 * w.grad
            b -= 0.5 * b.grad

        optimizer.zero_grad()
        loss = nn.BCELoss()(neuron(x).squeeze(1), y)
        loss.backward()
        optimizer.step()
        assert loss.item() == pytest.approx(by_hand.item(), rel=1e-5)
    assert np.allclose(neuron[0].weight._array[0], w._array, atol=1e-5)


def test_softmax_of_three_scores():
    p = fastnn.softmax(fastnn.tensor([2.0, 1.0, 0.1]), 0)
    e = [math.exp(2.0), math.exp(1.0), math.exp(0.1)]
    assert np.allclose(p._array, np.array(e) / sum(e))
    assert [round(v, 2) for v in p.tolist()] == [0.66, 0.24, 0.10]
    assert p.sum().item() == pytest.approx(1)
    shifted = fastnn.softmax(fastnn.tensor([1002.0, 1001.0, 1000.1]), 0)
    assert np.allclose(shifted._array, p._array, atol=1e-5)


def test_gradient_of_softmax_and_cross_entropy_is_the_error():
    """The gradient by the scores is the probabilities minus the one-hot target."""
    scores = fastnn.tensor([[2.0, 1.0, 0.1]], requires_grad=True)
    loss = F.cross_entropy(scores, fastnn.tensor([0]))
    loss.backward()
    p = fastnn.softmax(scores.detach(), 1)
    assert loss.item() == pytest.approx(-math.log(p[0, 0].item()))
    assert np.allclose(scores.grad._array, p._array - [[1, 0, 0]], atol=1e-6)


def network(fill):
    """A 2-4-1 network with tanh and weights filled by `fill`."""
    model = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1), nn.Sigmoid())
    for parameter in model.parameters():
        fill(parameter)
    return model


def train_xor(model):
    optimizer = fastnn.optim.SGD(model.parameters(), lr=1.0)
    for _ in range(3000):
        optimizer.zero_grad()
        loss = F.binary_cross_entropy(model(XOR_X), XOR_Y)
        loss.backward()
        optimizer.step()
    return loss.item(), (model(XOR_X)._array > 0.5) == XOR_Y._array


def test_constant_weights_cannot_learn_xor():
    """Equal neurons get equal gradients and stay equal, so the layer acts as one neuron."""
    model = network(lambda p: nn.init.constant_(p, 0.5))
    loss, right = train_xor(model)
    assert not right.all()
    assert loss > 0.3
    assert np.ptp(model[0].weight._array, axis=0).max() < 1e-5


def test_random_weights_learn_xor():
    fastnn.manual_seed(1)
    loss, right = train_xor(network(lambda p: nn.init.normal_(p)))
    assert right.all()
    assert loss < 0.05


def test_no_line_separates_xor():
    model = nn.Sequential(nn.Linear(2, 1), nn.Sigmoid())
    loss, right = train_xor(model)
    assert loss == pytest.approx(math.log(2), abs=1e-3)
    assert not right.all()
