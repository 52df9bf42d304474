"""Data and models that the tests of the trainer share."""

import numpy as np

import fastnn
from fastnn import nn, optim
from fastnn.train import Trainer


def blobs(n=120, features=6, classes=3, seed=0):
    """Points around the corners of a simplex, float64 as NumPy makes them."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, classes, n)
    x = rng.standard_normal((n, features))
    x[np.arange(n), y] += 2.5
    return x, y


def network(dropout=0.0, norm=False, seed=0):
    """A small classifier, the same for the same seed."""
    fastnn.manual_seed(seed)
    between = [nn.BatchNorm1d(8)] if norm else []
    return nn.Sequential(nn.Linear(6, 8), *between, nn.ReLU(), nn.Dropout(dropout), nn.Linear(8, 3))


def trainer(model=None, lr=0.05, loss=None, optimizer=optim.Adam, **options):
    """A trainer of such a network."""
    model = network() if model is None else model
    loss = nn.CrossEntropyLoss() if loss is None else loss
    return Trainer(model, loss, optimizer(model.parameters(), lr=lr), **options)


def bits(module):
    """All weights and buffers."""
    return {key: value.numpy().tobytes() for key, value in module.state_dict().items()}
