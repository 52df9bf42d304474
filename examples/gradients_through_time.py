"""How far a gradient reaches back: its norm against the distance in time, for RNN, GRU and LSTM.

A layer reads a random sequence of 101 steps; the loss depends only on the last state. The gradient
of the input at each step shows how much that step still matters. It shrinks by a factor per step
(Bengio, Simard and Frasconi, 1994); gates that are initially open preserve it (Gers, Schmidhuber
and Cummins, 2000).

    python examples/gradients_through_time.py --picture gradients.png
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

try:
    import numpy as np
    from tqdm import tqdm

    import fastnn
    from fastnn import nn
except ImportError as missing:
    raise SystemExit(
        f"gradients_through_time: {missing}; in the clone: pip install '.[demo]'"
    ) from None

SAMPLES, INPUTS, HIDDEN = 32, 10, 64


def rnn() -> Any:
    """An Elman network."""
    return nn.RNN(INPUTS, HIDDEN, dtype=np.float64)


def gru() -> Any:
    """A GRU with default initialization."""
    return nn.GRU(INPUTS, HIDDEN, dtype=np.float64)


def lstm() -> Any:
    """An LSTM with default initialization."""
    return nn.LSTM(INPUTS, HIDDEN, dtype=np.float64)


def open_gru() -> Any:
    """A GRU that initially keeps its state: a bias of 5 on the update gate."""
    layer = gru()
    layer.bias_ih_l0.data[HIDDEN : 2 * HIDDEN] = 5
    return layer


def open_lstm() -> Any:
    """An LSTM that initially keeps its cell: a bias of 5 on the forget gate."""
    layer = lstm()
    layer.bias_ih_l0.data[HIDDEN : 2 * HIDDEN] = 5
    return layer


LAYERS = {
    "RNN": rnn,
    "GRU": gru,
    "LSTM": lstm,
    "GRU, update gate open": open_gru,
    "LSTM, forget gate open": open_lstm,
}


def gradient_norms(name: str, steps: int = 100, seed: int = 0) -> Any:
    """Norm of the gradient of the last state by the input 0 … steps before it."""
    fastnn.manual_seed(seed)
    layer = LAYERS[name]()
    x = fastnn.randn(steps + 1, SAMPLES, INPUTS, dtype=np.float64, requires_grad=True)
    y, _ = layer(x)
    (y[-1] * fastnn.randn(SAMPLES, HIDDEN, dtype=np.float64)).sum().backward()
    norms = np.linalg.norm(x.grad.numpy(), axis=2).mean(axis=1)
    return norms[::-1]


def draw(curves: dict[str, Any], path: Path) -> None:
    """One line per layer, on a logarithmic scale."""
    import matplotlib as mpl

    mpl.use("agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(8, 5), layout="constrained")
    for name, norms in curves.items():
        axes.semilogy(norms, label=name, linestyle="--" if "open" in name else "-")
    axes.set(
        xlabel="distance in time (steps)",
        ylabel="norm of the gradient",
        title=f"Gradient of the last state by earlier inputs, {HIDDEN} units, untrained",
    )
    axes.set_ylim(bottom=1e-27)
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(path, dpi=90)
    plt.close(figure)


def picture_file(text: str) -> Path:
    """A file that can be drawn to, from the command line."""
    path = Path(text)
    if find_spec("matplotlib") is None:
        raise argparse.ArgumentTypeError("to draw, install matplotlib: pip install matplotlib")
    if not path.absolute().parent.is_dir():
        raise argparse.ArgumentTypeError(f"there is no folder {path.parent}")
    return path


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a table, and plot it with --picture."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--picture", type=picture_file, help="file to draw to")
    options = parser.parse_args(arguments)
    curves = {name: gradient_norms(name, options.steps) for name in tqdm(LAYERS, unit="layer")}
    distances = [d for d in (0, 1, 5, 10, 25, 50, 100) if d <= options.steps]
    print(f"{'distance in steps':24}" + "".join(f"{d:>10}" for d in distances))
    for name, norms in curves.items():
        print(f"{name:24}" + "".join(f"{norms[d]:10.1e}" for d in distances))
    if options.picture:
        draw(curves, options.picture)
        print(f"drawn in {options.picture}")


if __name__ == "__main__":
    main()
