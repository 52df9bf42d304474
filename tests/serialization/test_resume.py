"""A run that goes on from its checkpoint has the bits of one that was never stopped."""

import io

import numpy as np
import pytest

import fastnn
from fastnn import nn, optim
from fastnn.data import DataLoader, TensorDataset

OPTIMIZERS = {
    "SGD": lambda p: optim.SGD(p, 0.05, momentum=0.9, nesterov=True, weight_decay=1e-4),
    "Adam": lambda p: optim.Adam(p, 0.01, amsgrad=True),
    "AdamW": lambda p: optim.AdamW([{"params": [*p], "weight_decay": 0.1, "lr": 0.02}]),
    "Adamax": lambda p: optim.Adamax(p, 0.01),
    "RMSprop": lambda p: optim.RMSprop(p, 0.01, momentum=0.5, centered=True),
    "NAdam": lambda p: optim.NAdam(p, 0.01),
    "Lion": lambda p: optim.Lion(p, 0.01),
}
SCHEDULES = {
    "OneCycleLR": lambda o: optim.lr_scheduler.OneCycleLR(o, 0.1, total_steps=6),
    "StepLR": lambda o: optim.lr_scheduler.StepLR(o, 2, 0.5),
    "SequentialLR": lambda o: optim.lr_scheduler.SequentialLR(
        o,
        [
            optim.lr_scheduler.LinearLR(o, 0.1, total_iters=3),
            optim.lr_scheduler.CosineAnnealingLR(o, 4),
        ],
        [3],
    ),
}
DATA = TensorDataset(
    fastnn.from_numpy(np.random.default_rng(0).standard_normal((40, 6)).astype(np.float32)),
    fastnn.from_numpy(np.random.default_rng(1).integers(0, 3, 40)),
)


class Run:
    """A model with dropout and running statistics, and all that trains it."""

    def __init__(self, optimizer, schedule, seed):
        fastnn.manual_seed(seed)
        self.model = nn.Sequential(
            nn.Linear(6, 9), nn.BatchNorm1d(9), nn.ReLU(), nn.Dropout(0.3), nn.Linear(9, 3)
        )
        self.optimizer = OPTIMIZERS[optimizer](self.model.parameters())
        self.schedule = SCHEDULES[schedule](self.optimizer)
        self.generator = fastnn.Generator(seed)
        self.loader = DataLoader(DATA, batch_size=8, shuffle=True, generator=self.generator)

    def train(self, epochs, stop=None):
        """Train for some epochs; with `stop`, return what is saved after that many batches."""
        batches, saved = 0, None
        for _ in range(epochs):
            for x, y in self.loader:
                self.optimizer.zero_grad()
                nn.functional.cross_entropy(self.model(x), y).backward()
                self.optimizer.step()
                batches += 1
                if batches == stop:
                    saved = self.save()
            self.schedule.step()
        return saved

    def save(self):
        file = io.BytesIO()
        state = {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            "loader": self.loader.state_dict(),
            "random": [fastnn.get_rng_state(), self.generator.get_state()],
        }
        fastnn.save(state, file)
        return file.getvalue()

    def load(self, data):
        state = fastnn.load(io.BytesIO(data))
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        self.loader.load_state_dict(state["loader"])
        fastnn.set_rng_state(state["random"][0])
        self.generator.set_state(state["random"][1])


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_run_that_is_resumed_has_the_same_bits(optimizer, schedule):
    whole = Run(optimizer, schedule, seed=1)
    whole.train(2)
    checkpoint = whole.save()
    whole.train(3)

    resumed = Run(optimizer, schedule, seed=2)
    resumed.train(1)
    resumed.load(checkpoint)
    assert resumed.save() == checkpoint
    resumed.train(3)
    assert resumed.save() == whole.save()


@pytest.mark.parametrize("stop", [1, 7, 10])
def test_a_run_that_is_resumed_within_an_epoch(stop):
    """Epochs have five batches; after 10 the resumed run has yet to see the end of its second."""
    whole = Run("AdamW", "OneCycleLR", seed=1)
    checkpoint = whole.train(4, stop)
    resumed = Run("AdamW", "OneCycleLR", seed=2)
    resumed.load(checkpoint)
    assert resumed.save() == checkpoint
    resumed.train(4 - (stop - 1) // 5)
    assert resumed.save() == whole.save()
