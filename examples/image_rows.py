"""An LSTM reads handwritten digits row by row.

Each of scikit-learn's images, 8 by 8 pixels, is a sequence of eight rows, read from top to bottom.
The state after the last row is classified.

    python examples/image_rows.py
    python examples/image_rows.py --cell gru --hidden 32
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from typing import Any

try:
    import numpy as np
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split
    from tqdm import tqdm

    import fastnn
    import fastnn.nn.functional as F
    from fastnn import nn
    from fastnn.data import DataLoader, TensorDataset
    from fastnn.optim import Adam
except ImportError as missing:
    raise SystemExit(f"{missing}; in the clone: pip install '.[demo]'") from None

CELLS = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN}


class RowReader(nn.Module):
    """From (B, 8, 8), images and their rows, to (B, 10) scores."""

    def __init__(self, cell: str, hidden: int) -> None:
        super().__init__()
        self.rnn = CELLS[cell](8, hidden, batch_first=True)
        self.scores = nn.Linear(hidden, 10)

    def forward(self, rows: Any) -> Any:
        """Scores of the ten digits."""
        remembered, _ = self.rnn(rows)  # (B, 8, hidden), the state after each row
        return self.scores(remembered[:, -1])


def accuracy(model: nn.Module, images: Any, labels: Any) -> float:
    """Share of correct predictions."""
    model.eval()
    with fastnn.no_grad():
        guess = model(images).numpy().argmax(1)
    model.train()
    return float((guess == labels.numpy()).mean())


def main(arguments: Sequence[str] | None = None) -> float:
    """Train, and return the accuracy on test images."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cell", choices=CELLS, default="lstm")
    parser.add_argument("--hidden", type=int, default=64)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--lr", type=float, default=5e-3)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)

    fastnn.manual_seed(options.seed)
    digits = load_digits()
    rows = (digits.images / 16).astype(np.float32)
    parts = train_test_split(
        rows, digits.target, test_size=0.25, stratify=digits.target, random_state=0
    )
    train_x, test_x, train_y, test_y = (fastnn.from_numpy(part) for part in parts)
    loader = DataLoader(TensorDataset(train_x, train_y), batch_size=32, shuffle=True)
    model = RowReader(options.cell, options.hidden)
    optimizer = Adam(model.parameters(), lr=options.lr)

    begin = time.perf_counter()
    bar = tqdm(range(options.epochs), unit="epoch")
    for _ in bar:
        total = 0.0
        for images, labels in loader:
            optimizer.zero_grad()
            loss = F.cross_entropy(model(images), labels)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(labels)
        bar.set_postfix(loss=f"{total / len(train_y):.3f}")
    seconds = time.perf_counter() - begin

    right = accuracy(model, test_x, test_y)
    print(f"parameters      {sum(p.numel() for p in model.parameters()):,}")
    print(f"test accuracy   {right:.1%} of {len(test_y)} digits")
    threads = fastnn.get_num_threads()
    print(f"time per epoch  {1e3 * seconds / max(1, options.epochs):.0f} ms on {threads} threads")
    return right


if __name__ == "__main__":
    main()
