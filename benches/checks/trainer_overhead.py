"""What `Trainer.fit` costs over the loop that it replaces, at steps of some microseconds.

``python -m benches.checks.trainer_overhead 15`` trains a small model by both in turns, so many
rounds each, and compares the medians. Both loops know the mean loss of the epoch.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np

import fastnn
from fastnn import nn, optim
from fastnn.data import DataLoader, TensorDataset
from fastnn.train import Trainer

STEPS = 2000
BATCH = 8


class Setting:
    """A model and its data, from one seed."""

    def __init__(self) -> None:
        fastnn.manual_seed(0)
        rng = np.random.default_rng(0)
        x = rng.standard_normal((STEPS * BATCH, 16)).astype(np.float32)
        y = rng.integers(0, 3, len(x))
        self.loader = DataLoader(TensorDataset(x, y), BATCH, shuffle=True, seed=0)
        self.model = nn.Linear(16, 3)
        self.loss = nn.CrossEntropyLoss()
        self.optimizer = optim.SGD(self.model.parameters(), lr=0.01)

    def result(self) -> Any:
        """The weights."""
        return self.model.weight.detach().numpy()


class Plain(Setting):
    """The loop that the guide to training shows, with the mean loss of the epoch."""

    def epoch(self) -> None:
        """All steps once."""
        model, loss_of, optimizer = self.model, self.loss, self.optimizer
        model.train()
        total, count = 0.0, 0
        for x, y in self.loader:
            optimizer.zero_grad()
            loss = loss_of(model(x), y)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(y)
            count += len(y)
        self.mean = total / count


class Fitted(Setting):
    """`Trainer.fit`."""

    def __init__(self) -> None:
        super().__init__()
        self.trainer = Trainer(self.model, self.loss, self.optimizer)

    def epoch(self) -> None:
        """All steps once."""
        self.mean = self.trainer.fit(self.loader, verbose=0)["loss"][-1]


def seconds(function: Callable[[], None]) -> float:
    """How long a call takes."""
    begin = perf_counter()
    function()
    return perf_counter() - begin


def main(rounds: int = 15) -> float:
    """Print both medians; return by how much `fit` is slower, as a share."""
    plain, fitted = Plain(), Fitted()
    times: list[tuple[float, float]] = []
    for number in range(rounds + 1):
        both = (plain, fitted) if number % 2 else (fitted, plain)
        taken = {id(each): seconds(each.epoch) for each in both}
        if number:  # the first round warms up
            times.append((taken[id(plain)], taken[id(fitted)]))
    if not np.array_equal(plain.result(), fitted.result()) or plain.mean != fitted.mean:
        raise ValueError("the loops do not compute the same")
    ours, theirs = (1e6 / STEPS * median(t[i] for t in times) for i in (1, 0))
    more = median(f / p for p, f in times) - 1
    print(
        f"{rounds} rounds of {STEPS} steps, medians: plain loop {theirs:.2f} µs, fit {ours:.2f} µs "
        f"a step, {100 * more:+.1f} %"
    )
    return more


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
