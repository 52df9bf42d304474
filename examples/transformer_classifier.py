"""A Transformer learns to classify handwritten digits as sequences of patches.

Each of scikit-learn's images, 8 by 8 pixels, is split into 16 squares of 2 by 2 pixels. A linear
layer embeds each square, a learnt vector encodes its position, and two encoder layers let every
square attend to all others. The mean over the squares is classified (a small version of
A. Dosovitskiy et al., An image is worth 16x16 words, ICLR 2021).
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
    from fastnn.optim import AdamW
except ImportError as missing:
    raise SystemExit(
        f"transformer_classifier: {missing}; in the clone: pip install '.[demo]'"
    ) from None


class Classifier(nn.Module):
    """From (B, 16, 4), squares and their pixels, to (B, 10) scores."""

    def __init__(self, features: int = 64, heads: int = 4, layers: int = 2) -> None:
        super().__init__()
        self.embed = nn.Linear(4, features)
        self.positions = nn.LearnedPositionalEncoding(16, features, batch_first=True)
        layer = nn.TransformerEncoderLayer(
            features, heads, 2 * features, dropout=0.1, batch_first=True, norm_first=True
        )
        self.encoder = nn.TransformerEncoder(layer, layers, nn.LayerNorm(features))
        self.scores = nn.Linear(features, 10)

    def forward(self, squares: fastnn.Tensor) -> fastnn.Tensor:
        """Scores of the ten digits."""
        seen = self.encoder(self.positions(self.embed(squares)))
        return self.scores(seen.mean(1))


def squares(images: Any) -> Any:
    """(B, 64) pixels as (B, 16, 4): squares from left to right and top to bottom."""
    cut = images.reshape(-1, 4, 2, 4, 2).transpose(0, 1, 3, 2, 4)
    return (cut.reshape(-1, 16, 4) / 8 - 1).astype(np.float32)


def accuracy(model: nn.Module, images: Any, labels: Any) -> float:
    """Share of correct predictions."""
    model.eval()
    with fastnn.no_grad():
        guess = model(fastnn.from_numpy(images)).numpy().argmax(1)
    model.train()
    return float((guess == labels).mean())


def main(argv: Sequence[str] | None = None) -> float:
    """Train, and return the accuracy on test images."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(argv)
    fastnn.manual_seed(options.seed)
    images, labels = load_digits(return_X_y=True)
    train_x, test_x, train_y, test_y = train_test_split(
        squares(images), labels.astype(np.int64), test_size=0.25, random_state=0, stratify=labels
    )
    dataset = TensorDataset(fastnn.from_numpy(train_x), fastnn.from_numpy(train_y))
    loader = DataLoader(dataset, batch_size=32, shuffle=True)
    model = Classifier()
    optimizer = AdamW(model.parameters(), lr=2e-3)
    start = time.perf_counter()
    bar = tqdm(range(options.epochs), desc="epochs")
    for _ in bar:
        total = 0.0
        for x, y in loader:
            optimizer.zero_grad()
            loss = F.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(x)
        bar.set_postfix(loss=f"{total / len(train_x):.3f}")
    seconds = time.perf_counter() - start
    right = accuracy(model, test_x, test_y)
    print(f"parameters          {sum(p.numel() for p in model.parameters()):,}")
    print(f"test accuracy       {right:.1%} of {len(test_y)} images")
    threads = fastnn.get_num_threads()
    print(f"time per epoch      {seconds / max(1, options.epochs):.2f} s on {threads} threads")
    return right


if __name__ == "__main__":
    main()
