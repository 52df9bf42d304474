"""Small training runs for the checks."""

from __future__ import annotations

from hashlib import sha256
from itertools import pairwise
from typing import Any

import numpy as np

import fastnn
from fastnn import models, nn, optim
from fastnn.nn import functional


def model(*dims: int) -> Any:
    """Linear layers with ReLU and dropout between them."""
    modules: list[Any] = []
    for fan_in, fan_out in pairwise(dims):
        modules += [nn.Linear(fan_in, fan_out), nn.ReLU(), nn.Dropout(0.1)]
    return nn.Sequential(*modules[:-2])


def step(network: Any, optimizer: Any, x: Any, labels: Any) -> float:
    """One training step; return the loss."""
    optimizer.zero_grad()
    loss = functional.cross_entropy(network(x), labels)
    loss.backward()
    optimizer.step()
    return float(loss.item())


class CharacterModel(nn.Module):
    """Embedding, two LSTM layers with variational dropout, and a linear layer."""

    def __init__(self, characters: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(characters, 24)
        self.lstm = nn.LSTM(24, 75, 2, recurrent_dropout=0.1, stateful=True)
        self.linear = nn.Linear(75, characters)

    def forward(self, ids: Any) -> Any:
        """Logits of the next characters."""
        return self.linear(self.lstm(self.embedding(ids))[0]).flatten(0, 1)


def digest_of(losses: list[float], network: Any) -> str:
    """A hash of all losses and weights."""
    digest = sha256(np.array(losses).tobytes())
    for parameter in network.parameters():
        digest.update(np.ascontiguousarray(parameter.detach().numpy()).tobytes())
    return digest.hexdigest()


def train_characters(steps: int, seed: int = 0) -> str:
    """Truncated backpropagation through time; return a hash of all weights and losses."""
    fastnn.manual_seed(seed)
    rng = np.random.default_rng(seed)
    text = rng.integers(0, 50, (20 * steps + 1, 33))
    network = CharacterModel(50)
    optimizer = optim.Adam(network.parameters(), lr=1e-3)
    losses = []
    for i in range(steps):
        window = text[20 * i : 20 * (i + 1) + 1]
        ids, labels = fastnn.tensor(window[:-1]), fastnn.tensor(window[1:].reshape(-1))
        losses.append(step(network, optimizer, ids, labels))
    return digest_of(losses, network)


def train_images(steps: int, seed: int = 0) -> str:
    """Train a ten-layer ResNet on batches of several sizes; return the same hash."""
    fastnn.manual_seed(seed)
    rng = np.random.default_rng(seed)
    network = models.ResNet(models.BasicBlock, (1, 1, 1, 1), num_classes=10)
    optimizer = optim.SGD(network.parameters(), lr=0.01, momentum=0.9)
    losses = []
    for i in range(steps // 5):
        count, side = 5 + 3 * (i % 5), 33 + 8 * (i % 3)
        x = rng.standard_normal((count, 3, side, side), dtype=np.float32)
        labels = fastnn.tensor(rng.integers(0, 10, count))
        losses.append(step(network, optimizer, fastnn.tensor(x), labels))
    return digest_of(losses, network)


def train(steps: int, seed: int = 0) -> str:
    """Train for `steps` steps; return a hash of all weights and losses."""
    fastnn.manual_seed(seed)
    rng = np.random.default_rng(seed)
    network = model(300, 512, 257, 10)
    optimizer = optim.Adam(network.parameters(), lr=1e-3)
    x = rng.standard_normal((1111, 300), dtype=np.float32)
    labels = rng.integers(0, 10, 1111)
    losses = []
    for i in range(steps):
        rows = rng.integers(0, len(x), 64 + 37 * (i % 11))
        losses.append(step(network, optimizer, fastnn.tensor(x[rows]), fastnn.tensor(labels[rows])))
    return digest_of(losses, network)
