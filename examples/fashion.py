"""A linear network classifies the clothes of Fashion-MNIST, trained by `fastnn.train.Trainer`.

It holds out 5,000 of the 60,000 training images: the recipe (sizes, dropout, learning rate, epochs)
was chosen by their accuracy, and the 10,000 test images are looked at once, at the end.

    python examples/fashion.py --data fashion-mnist
    python examples/fashion.py --data fashion-mnist --compare

With ``--compare`` it measures an epoch of the same network in PyTorch and of scikit-learn's
MLPClassifier instead, where these are installed, each in turn with fastnn.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from importlib.util import find_spec
from itertools import pairwise
from statistics import median
from time import perf_counter
from typing import Any

try:
    import numpy as np

    import fastnn
    from fastnn import nn, optim
    from fastnn.data import DataLoader, TensorDataset
    from fastnn.data.datasets import FashionMNIST
    from fastnn.metrics import Accuracy
    from fastnn.train import Trainer
except ImportError as missing:
    raise SystemExit(f"{missing}; in the clone: pip install .") from None

SIZES = (784, 512, 256, 10)
DROPOUT = 0.25
BATCH = 128
RATE = 1e-3
STEPS = 100_000  # of the schedules in the comparison, which has fewer
MEAN, DEVIATION = 0.2860, 0.3530  # of the pixels of all training images


def read(folder: str, train: bool) -> tuple[Any, Any]:
    """Images as rows of standardized pixels, and their classes."""
    data = FashionMNIST(folder, train)
    pixels = data.data.numpy().reshape(len(data), -1)
    return (pixels.astype(np.float32) / 255 - MEAN) / DEVIATION, data.targets.numpy()


def build(layers: Any) -> Any:
    """The network, of the layers of fastnn or of PyTorch."""
    parts = []
    for size, out in pairwise(SIZES[:-1]):
        parts += [layers.Linear(size, out), layers.ReLU(), layers.Dropout(DROPOUT)]
    return layers.Sequential(*parts, layers.Linear(*SIZES[-2:]))


def trainer_of(model: Any, steps: int) -> Trainer:
    """The recipe: AdamW, whose rate grows for a third of the steps and then falls to nothing."""
    optimizer = optim.AdamW(model.parameters(), lr=RATE, weight_decay=0.02)
    return Trainer(
        model,
        nn.CrossEntropyLoss(),
        optimizer,
        metrics=Accuracy(),
        scheduler=optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps),
        scheduler_interval="step",
        train_metrics=False,
    )


def train(x: Any, y: Any, test: Any, options: argparse.Namespace) -> float:
    """Train, and return the accuracy of the test images."""
    held = len(y) - options.validation
    data = DataLoader(TensorDataset(x[:held], y[:held]), BATCH, shuffle=True)
    model = build(nn)
    trainer = trainer_of(model, options.epochs * len(data))
    begin = perf_counter()
    trainer.fit(
        data,
        (x[held:], y[held:]),
        epochs=options.epochs,
        checkpoint=options.checkpoint,
        resume=options.checkpoint is not None,
    )
    seconds = (perf_counter() - begin) / options.epochs
    accuracy = trainer.evaluate(test, batch_size=1000)["accuracy"]
    print(f"test accuracy   {accuracy:.2%} of {len(test[1])} images")
    print(f"time per epoch  {seconds:.2f} s, {fastnn.get_num_threads()} threads")
    return accuracy


# -- beside others -----------------------------------------------------------------------------


def epoch_of_fastnn(x: Any, y: Any) -> Callable[[], None]:
    """An epoch of fastnn."""
    data = DataLoader(TensorDataset(x, y), BATCH, shuffle=True)
    trainer = trainer_of(build(nn), STEPS)
    return lambda: check(trainer.fit(data, verbose=0)["loss"][-1])


def epoch_of_torch(x: Any, y: Any) -> Callable[[], None]:
    """The same in PyTorch; batches are taken from tensors, which is faster than its DataLoader."""
    import torch

    torch.set_num_threads(fastnn.get_num_threads())
    inputs, targets = torch.from_numpy(x), torch.from_numpy(y)
    model = build(torch.nn)
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=STEPS)

    def epoch() -> None:
        model.train()
        total = 0.0
        for rows in torch.randperm(len(targets)).split(BATCH):
            optimizer.zero_grad()
            loss = torch.nn.functional.cross_entropy(model(inputs[rows]), targets[rows])
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item() * len(rows)
        check(total / len(targets))

    return epoch


def epoch_of_sklearn(x: Any, y: Any) -> Callable[[], None]:
    """scikit-learn's, which has no dropout and no schedule."""
    from sklearn.neural_network import MLPClassifier

    model = MLPClassifier(SIZES[1:-1], batch_size=BATCH, learning_rate_init=1e-3, alpha=0.0)
    classes = np.arange(SIZES[-1])

    def epoch() -> None:
        model.partial_fit(x, y, classes=classes)  # an epoch of batches
        check(model.loss_)

    return epoch


def check(loss: float) -> None:
    """Raise unless an epoch is better than chance."""
    if not loss < np.log(SIZES[-1]):
        raise ValueError(f"the loss is {loss}")


def compare(x: Any, y: Any, rounds: int) -> dict[str, float]:
    """Print and return the median seconds of an epoch of each library."""
    made = {"fastnn": epoch_of_fastnn(x, y)}
    if find_spec("torch"):
        made["PyTorch"] = epoch_of_torch(x, y)
    if find_spec("sklearn"):
        made["scikit-learn"] = epoch_of_sklearn(x, y)
    times: dict[str, list[float]] = {name: [] for name in made}
    for number in range(rounds + 1):
        for name, epoch in made.items():
            begin = perf_counter()
            epoch()
            if number:  # the first round warms up
                times[name].append(perf_counter() - begin)
    found = {name: median(several) for name, several in times.items()}
    for name, seconds in found.items():
        print(
            f"{name:14}  {seconds:.2f} s an epoch, {seconds / found['fastnn']:.1f} times fastnn's"
        )
    return found


def main(arguments: list[str] | None = None) -> Any:
    """Train and test, or compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    folder = os.path.join(os.environ.get("FASTNN_DATA", "."), "fashion-mnist")
    parser.add_argument("--data", default=folder, help="the folder of the four files")
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--validation", type=int, default=5000, help="images to hold out")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--checkpoint", help="a file to go on from, if it is there")
    parser.add_argument("--compare", action="store_true", help="time an epoch beside others")
    parser.add_argument("--rounds", type=int, default=5, help="of the comparison")
    options = parser.parse_args(arguments)
    fastnn.manual_seed(options.seed)
    x, y = read(options.data, train=True)
    if options.compare:
        return compare(x, y, options.rounds)
    return train(x, y, read(options.data, train=False), options)


if __name__ == "__main__":
    main()
