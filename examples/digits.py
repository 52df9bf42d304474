"""Two networks learn to classify handwritten digits, and plot the errors.

The MLP gets 64 numbers, the CNN an image with neighbouring pixels. ``make demo`` runs this. The
data are scikit-learn's 1,797 images of 8 by 8 pixels, so nothing is downloaded. The plot, demo.png,
is written to the working directory.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

try:
    import matplotlib
    import numpy as np
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split
    from tqdm import tqdm

    import fastnn
    import fastnn.nn.functional as F
    from fastnn import nn
    from fastnn.data import DataLoader, TensorDataset
    from fastnn.optim import AdamW
except ImportError as missing:
    raise SystemExit(f"{missing}; in the clone: pip install '.[demo]'") from None


def build_mlp() -> nn.Module:
    """From 64 pixels to 10 scores, through linear layers."""
    return nn.Sequential(
        nn.Flatten(),
        nn.Linear(64, 128),
        nn.ReLU(),
        nn.Dropout(0.2),
        nn.Linear(128, 64),
        nn.ReLU(),
        nn.Linear(64, 10),
    )


def build_cnn() -> nn.Module:
    """From images of 8 by 8 pixels to 10 scores, through convolutions."""
    return nn.Sequential(
        nn.Conv2d(1, 32, 3, padding=1, bias=False),
        nn.BatchNorm2d(32),
        nn.ReLU(),
        nn.Conv2d(32, 32, 3, padding=1, bias=False),
        nn.BatchNorm2d(32),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3, padding=1, bias=False),
        nn.BatchNorm2d(64),
        nn.ReLU(),
        nn.Flatten(),
        nn.Dropout(0.3),
        nn.Linear(64 * 16, 10),
    )


NETWORKS = {"MLP": build_mlp, "CNN": build_cnn}


@dataclass
class History:
    """Loss, accuracy and time of each epoch."""

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
    """Mean loss and accuracy."""
    model.eval()
    with fastnn.no_grad():
        scores = model(images)
        loss = F.cross_entropy(scores, labels).item()
    return loss, float((scores.numpy().argmax(1) == labels.numpy()).mean())


def train(name: str, model: nn.Module, train_set: Any, test_set: Any, epochs: int) -> History:
    """Train with a progress bar."""
    loader = DataLoader(TensorDataset(*train_set), batch_size=32, shuffle=True)
    optimizer = AdamW(model.parameters(), lr=2e-3, weight_decay=0.05)
    history = History()
    with tqdm(range(epochs), desc=name, unit="epoch") as bar:
        for epoch in bar:
            optimizer.param_groups[0]["lr"] = 2e-3 * min(1, 2 - 2 * epoch / epochs)
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


def probabilities(model: nn.Module, images: Any) -> Any:
    """Class probabilities of each image."""
    model.eval()
    with fastnn.no_grad():
        return F.softmax(model(images), dim=1).numpy()


def draw_learning(figure: Any, histories: dict[str, History]) -> None:
    """Loss and accuracy of each network, epoch by epoch."""
    loss, accuracy = figure.subplots(2, 1, sharex=True)
    for i, (name, history) in enumerate(histories.items()):
        epochs = np.arange(1, len(history.train_loss) + 1)
        for axes, train, test in (
            (loss, history.train_loss, history.test_loss),
            (accuracy, history.train_accuracy, history.test_accuracy),
        ):
            axes.plot(epochs, train, f"C{i}:", label=f"{name}, training")
            axes.plot(epochs, test, f"C{i}-", label=f"{name}, test: at the end {test[-1]:.3f}")
    for axes, name in ((loss, "loss"), (accuracy, "accuracy")):
        axes.set_ylabel(name)
        # At the top, above all curves.
        axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=2, fontsize=8, frameon=False)
        axes.grid(alpha=0.3)
    loss.set_yscale("log")
    accuracy.set_xlabel("epoch")
    accuracy.set_ylim(0.9, 1.005)


def hardest(thoughts: dict[str, Any], labels: Any, count: int) -> Any:
    """The digits with the lowest probability of their class, over all networks."""
    rows = np.arange(len(labels))
    return np.argsort(np.min([t[rows, labels] for t in thoughts.values()], axis=0))[:count]


def draw(
    path: Path, histories: dict[str, History], images: Any, labels: Any, thoughts: dict[str, Any]
) -> None:
    """Learning curves on the left; on the right, hard digits and their predictions."""
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure = plt.figure(figsize=(12, 6), layout="constrained")
    left, right = figure.subfigures(1, 2, width_ratios=[1, 1.2])
    draw_learning(left, histories)
    misread = [f"{name} {int((t.argmax(1) != labels).sum())}" for name, t in thoughts.items()]
    right.suptitle(f"Misread, of {len(labels)} test digits: {', '.join(misread)}")
    cells = right.subplots(3, 4).reshape(-1, 2)
    for row, i in zip(cells, hardest(thoughts, labels, len(cells)), strict=True):
        row[0].imshow(images[i, 0], cmap="gray_r")
        row[0].set_axis_off()
        row[0].set_title(f"{labels[i]}")
        for j, (name, thought) in enumerate(thoughts.items()):
            places = np.arange(10) + 0.4 * j - 0.2
            row[1].barh(places, thought[i], 0.4, color=f"C{j}", label=name)
        row[1].set_yticks(range(10))
        row[1].tick_params(labelsize=6)
        row[1].set_xlim(0, 1)
        row[1].invert_yaxis()
    cells[0][1].legend(fontsize=6)
    figure.savefig(path, dpi=110)
    plt.close(figure)


def new_file(text: str) -> Path:
    """A file that can be written, from the command line."""
    path = Path(text)
    if not path.absolute().parent.is_dir():
        raise argparse.ArgumentTypeError(f"there is no folder {path.parent}")
    return path


def main(arguments: list[str] | None = None) -> dict[str, float]:
    """Train, report and plot; return the test accuracy of each network."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=new_file, default="demo.png")
    options = parser.parse_args(arguments)

    fastnn.show_config()
    fastnn.manual_seed(options.seed)
    digits = load_digits()
    pixels = (digits.images[:, None] / 16).astype(np.float32)
    parts = train_test_split(
        pixels, digits.target, test_size=0.25, stratify=digits.target, random_state=options.seed
    )
    train_x, test_x, train_y, test_y = (fastnn.from_numpy(part) for part in parts)
    labels = test_y.numpy()
    print(f"\n{len(train_y)} digits to learn from, {len(test_y)} to be tested on")

    histories, thoughts, accuracies = {}, {}, {}
    for name, build in NETWORKS.items():
        model = build()
        print(f"\n{name} = {model}\n")
        history = train(name, model, (train_x, train_y), (test_x, test_y), options.epochs)
        thought = probabilities(model, test_x)
        wrong = int((thought.argmax(1) != labels).sum())
        histories[name], thoughts[name] = history, thought
        accuracies[name] = 1 - wrong / len(labels)
        print(f"parameters      {sum(p.numel() for p in model.parameters()):,}")
        print(f"test accuracy   {accuracies[name]:.2%}, {wrong} misread")
        print(f"time per epoch  {1e3 * np.median(history.seconds):.1f} ms")
    threads = fastnn.show_config("dicts")["threads"]
    print(f"\ncomputed with   {fastnn.isa()} instructions, {threads['number']} threads")
    draw(options.output, histories, test_x.numpy(), labels, thoughts)
    print(f"picture         {options.output}")
    return accuracies


if __name__ == "__main__":
    main()
