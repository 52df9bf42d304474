"""What `Trainer.fit` costs over the loop that it replaces, at steps of some microseconds.

``python -m benches.checks.trainer_overhead 30 3`` trains a small model by both in turns, so many
rounds, with so many models, and compares the medians. Both loops know the mean loss of the epoch.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from statistics import median
from time import perf_counter

import numpy as np

import fastnn
from fastnn import nn, optim
from fastnn.data import DataLoader, TensorDataset
from fastnn.train import Trainer

STEPS = 1000
BATCH = 8


class Setting:
    """A model, its data, and both ways to train it.

    Both use the same objects: where arrays lie in memory makes more difference than what is looked
    for here.
    """

    def __init__(self) -> None:
        fastnn.manual_seed(0)
        rng = np.random.default_rng(0)
        x = rng.standard_normal((STEPS * BATCH, 16)).astype(np.float32)
        y = rng.integers(0, 3, len(x))
        self.loader = DataLoader(TensorDataset(x, y), BATCH, shuffle=True, seed=0)
        self.model = nn.Linear(16, 3)
        self.loss = nn.CrossEntropyLoss()
        self.optimizer = optim.SGD(self.model.parameters(), lr=0.01)
        self.trainer = Trainer(self.model, self.loss, self.optimizer)

    def by_hand(self) -> float:
        """An epoch of the loop that the guide to training shows; its mean loss."""
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
        return total / count

    def by_fit(self) -> float:
        """The same by `Trainer.fit`."""
        return self.trainer.fit(self.loader, verbose=0)["loss"][-1]


def check() -> None:
    """Raise ValueError unless both compute the same."""
    one, other = Setting(), Setting()
    losses = [(one.by_hand(), other.by_fit()) for _ in range(2)]
    weights = [each.model.weight.detach().numpy() for each in (one, other)]
    if not np.array_equal(*weights) or any(a != b for a, b in losses):
        raise ValueError("the loops do not compute the same")


def seconds(function: Callable[[], float]) -> float:
    """How long a call takes."""
    begin = perf_counter()
    function()
    return perf_counter() - begin


def main(rounds: int = 30, settings: int = 3) -> float:
    """Print both medians; return by how much `fit` is slower, as a share."""
    check()
    times: list[tuple[float, float]] = []
    for _ in range(settings):
        setting = Setting()
        for number in range(rounds + 1):
            both = [setting.by_hand, setting.by_fit]
            taken = [seconds(each) for each in (both if number % 2 else both[::-1])]
            if number:  # the first round warms up
                times.append((taken[0], taken[1]) if number % 2 else (taken[1], taken[0]))
    hand, fit = (1e6 / STEPS * median(t[i] for t in times) for i in (0, 1))
    more = median(f / p for p, f in times) - 1
    print(
        f"{len(times)} rounds of {STEPS} steps, medians: by hand {hand:.2f} µs, fit {fit:.2f} µs "
        f"a step; of the ratios {100 * more:+.1f} %"
    )
    return more


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
