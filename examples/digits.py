"""A network learns to read handwritten digits, and shows what it misread.

``make demo`` runs this. The data are scikit-learn's 1,797 images of 8 by 8 pixels, so nothing is
downloaded. A picture, demo.png, is written to the working directory.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from tqdm import tqdm

import fastnn
import fastnn.nn.functional as F
from fastnn import nn
from fastnn.data import DataLoader, TensorDataset
from fastnn.optim import AdamW


def build_model() -> nn.Module:
    """From 64 pixels to 10 scores."""
    return nn.Sequential(
        nn.Linear(64, 128),
        nn.ReLU(),
        nn.Dropout(0.2),
        nn.Linear(128, 64),
        nn.ReLU(),
        nn.Linear(64, 10),
    )


@dataclass
class History:
    """What happened, epoch by epoch."""

    train_loss: list[float] = field(default_factory=list)
    test_loss: list[float] = field(default_factory=list)
    train_accuracy: list[float] = field(default_factory=list)
    test_accuracy: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)


def train_epoch(model: nn.Module, loader: DataLoader, optimizer: AdamW) -> None:
    """One pass over the training digits."""
    model.train()
    for images, labels in loader:
        optimizer.zero_grad()
        F.cross_entropy(model(images), labels).backward()
        optimizer.step()


def evaluate(model: nn.Module, images: Any, labels: Any) -> tuple[float, float]:
    """Mean loss and share of right answers."""
    model.eval()
    with fastnn.no_grad():
        scores = model(images)
        loss = F.cross_entropy(scores, labels).item()
    return loss, float((scores.numpy().argmax(1) == labels.numpy()).mean())


def train(model: nn.Module, train_set: Any, test_set: Any, epochs: int) -> History:
    """Train with a progress bar."""
    loader = DataLoader(TensorDataset(*train_set), batch_size=32, shuffle=True)
    optimizer = AdamW(model.parameters(), lr=2e-3, weight_decay=0.05)
    history = History()
    with tqdm(range(epochs), unit="epoch") as bar:
        for _ in bar:
            begin = time.perf_counter()
            train_epoch(model, loader, optimizer)
            history.seconds.append(time.perf_counter() - begin)
            for losses, accuracies, data in (
                (history.train_loss, history.train_accuracy, train_set),
                (history.test_loss, history.test_accuracy, test_set),
            ):
                loss, accuracy = evaluate(model, *data)
                losses.append(loss)
                accuracies.append(accuracy)
            bar.set_postfix(
                loss=f"{history.train_loss[-1]:.3f}", test=f"{history.test_accuracy[-1]:.1%}"
            )
    return history


def draw(path: Path, history: History, images: Any, labels: Any, thought: Any) -> None:
    """Learning curves on the left; on the right misread digits and what the network thought."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure = plt.figure(figsize=(12, 6), layout="constrained")
    left, right = figure.subfigures(1, 2, width_ratios=[1, 1.2])
    loss, accuracy = left.subplots(2, 1, sharex=True)
    epochs = np.arange(1, len(history.train_loss) + 1)
    for axes, pairs, name in (
        (loss, (history.train_loss, history.test_loss), "loss"),
        (accuracy, (history.train_accuracy, history.test_accuracy), "accuracy"),
    ):
        for values, which in zip(pairs, ("training", "test"), strict=True):
            axes.plot(epochs, values, label=f"{which}, at the end {values[-1]:.3f}")
        axes.set_ylabel(name)
        axes.legend()
        axes.grid(alpha=0.3)
    accuracy.set_xlabel("epoch")
    accuracy.set_ylim(0.85, 1.005)

    # The most confident errors first; then, where there are too few, the least sure right answers.
    read = thought.argmax(1)
    sureness = thought.max(1)
    order = np.lexsort((np.where(read != labels, -sureness, sureness), read == labels))[:6]
    wrong = int((read != labels).sum())
    right.suptitle(f"{wrong} of {len(labels)} test digits misread, and what the network thought")
    for row, i in zip(right.subplots(3, 4).reshape(-1, 2), order, strict=True):
        row[0].imshow(images[i].reshape(8, 8), cmap="gray_r")
        row[0].set_axis_off()
        row[0].set_title(f"{labels[i]}, read as {read[i]}" if read[i] != labels[i] else "unsure")
        colours = ["C3"] * 10
        colours[labels[i]] = "C2"
        row[1].barh(range(10), thought[i], color=colours)
        row[1].set_yticks(range(10))
        row[1].tick_params(labelsize=6)
        row[1].set_xlim(0, 1)
        row[1].invert_yaxis()
    figure.savefig(path, dpi=110)
    plt.close(figure)


def main(arguments: list[str] | None = None) -> float:
    """Train, report and draw; the test accuracy."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, default=Path("demo.png"))
    options = parser.parse_args(arguments)

    fastnn.show_config()
    fastnn.manual_seed(options.seed)
    digits = load_digits()
    pixels = (digits.data / 16).astype(np.float32)
    parts = train_test_split(
        pixels, digits.target, test_size=0.25, stratify=digits.target, random_state=options.seed
    )
    train_x, test_x, train_y, test_y = (fastnn.from_numpy(part) for part in parts)

    model = build_model()
    print(f"\n{model}\n\n{len(train_y)} digits to learn from, {len(test_y)} to be tested on")
    history = train(model, (train_x, train_y), (test_x, test_y), options.epochs)

    model.eval()
    with fastnn.no_grad():
        thought = F.softmax(model(test_x), dim=1).numpy()
    labels = test_y.numpy()
    accuracy = float((thought.argmax(1) == labels).mean())
    print(f"test accuracy   {accuracy:.2%}, {int((thought.argmax(1) != labels).sum())} misread")
    print(f"time per epoch  {1e3 * np.median(history.seconds):.1f} ms, {len(train_y)} digits")
    threads = fastnn.show_config("dicts")["threads"]
    print(f"computed with   {fastnn.isa()} instructions, {threads['number']} threads")
    draw(options.output, history, test_x.numpy(), labels, thought)
    print(f"picture         {options.output}")
    return accuracy


if __name__ == "__main__":
    main()
