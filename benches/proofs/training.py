"""A small training run that the proofs share."""

from __future__ import annotations

from hashlib import sha256
from itertools import pairwise
from typing import Any

import numpy as np

import fastnn
from fastnn import nn, optim
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


def train(steps: int, seed: int = 0) -> str:
    """Train a while, return a hash of all weights and losses."""
    fastnn.manual_seed(seed)
    rng = np.random.default_rng(seed)
    network = model(300, 512, 257, 10)
    optimizer = optim.Adam(network.parameters(), lr=1e-3)
    x = rng.standard_normal((1111, 300), dtype=np.float32)
    labels = rng.integers(0, 10, 1111)
    digest = sha256()
    for i in range(steps):
        rows = rng.integers(0, len(x), 64 + 37 * (i % 11))
        loss = step(network, optimizer, fastnn.tensor(x[rows]), fastnn.tensor(labels[rows]))
        digest.update(np.float64(loss).tobytes())
    for parameter in network.parameters():
        digest.update(np.ascontiguousarray(parameter.detach().numpy()).tobytes())
    return digest.hexdigest()
