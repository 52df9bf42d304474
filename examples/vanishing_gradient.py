"""How gradients vanish in a deep network: the norm of the gradient in each of 50 layers.

Two networks of 49 convolutions and a linear layer read random images; in one of them, every two
convolutions have a shortcut around them. Each is built with and without batch norm. The gradient
is that of the loss by the output of each layer, at initialization. Without shortcuts it shrinks by
a factor per layer, or grows with batch norm (He et al., 2016; Yang et al., 2019).

    python examples/vanishing_gradient.py --picture gradients.png
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

try:
    import numpy as np
    from tqdm import tqdm

    import fastnn
    import fastnn.nn.functional as F
    from fastnn import nn
    from fastnn.models import BasicBlock
except ImportError as missing:
    raise SystemExit(
        f"vanishing_gradient: {missing}; in the clone: pip install '.[demo]'"
    ) from None

IMAGES, SIZE, CHANNELS, CLASSES = 32, 12, 16, 10
Norm = Callable[[int], nn.Module]


def no_norm(channels: int) -> nn.Module:
    """No norm: the identity."""
    return nn.Identity()


def plain(pairs: int, norm: Norm) -> nn.Module:
    """Convolutions, each followed by a ReLU."""
    layers: list[nn.Module] = []
    for _ in range(2 * pairs):
        conv = nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1, bias=False)
        layers += [conv, norm(CHANNELS), nn.ReLU()]
    return nn.Sequential(*layers)


def residual(pairs: int, norm: Norm) -> nn.Module:
    """The same, with a shortcut around every two."""
    blocks = [BasicBlock(CHANNELS, CHANNELS, norm_layer=norm) for _ in range(pairs)]
    return nn.Sequential(*blocks)


NETWORKS: dict[str, tuple[Callable[[int, Norm], nn.Module], Norm]] = {
    "plain": (plain, no_norm),
    "residual": (residual, no_norm),
    "plain, batch norm": (plain, nn.BatchNorm2d),
    "residual, batch norm": (residual, nn.BatchNorm2d),
}


def build(name: str, layers: int = 50) -> nn.Module:
    """Build a network of `layers` layers, an even number."""
    middle, norm = NETWORKS[name]
    return nn.Sequential(
        nn.Conv2d(3, CHANNELS, 3, padding=1, bias=False),
        norm(CHANNELS),
        nn.ReLU(),
        middle(layers // 2 - 1, norm),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(CHANNELS, CLASSES),
    ).double()


def gradient_norms(name: str, layers: int = 50, seed: int = 0) -> Any:
    """Norm of the gradient of the loss by the output of layer 1 … `layers`."""
    fastnn.manual_seed(seed)
    model = build(name, layers)
    images = fastnn.randn(IMAGES, 3, SIZE, SIZE, dtype=np.float64)
    labels = fastnn.from_numpy(np.arange(IMAGES) % CLASSES)
    found: dict[nn.Module, float] = {}

    def note(layer: nn.Module, grads: Any) -> None:
        found[layer] = float(np.linalg.norm(grads[0].numpy()))

    weighted = [m for m in model.modules() if isinstance(m, (nn.Conv2d, nn.Linear))]
    for layer in weighted:
        layer.register_full_backward_pre_hook(note)
    F.cross_entropy(model(images), labels).backward()
    return np.array([found[layer] for layer in weighted])


def draw(curves: dict[str, Any], path: Path) -> None:
    """One line per network, on a logarithmic scale."""
    import matplotlib as mpl

    mpl.use("agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(8, 5), layout="constrained")
    for name, norms in curves.items():
        style, colour = "--" if "norm" in name else "-", "C0" if "residual" in name else "C3"
        axes.semilogy(range(1, len(norms) + 1), norms, style, color=colour, label=name)
    axes.set(
        xlabel="layer, from the image to the scores",
        ylabel="norm of the gradient by the layer's output",
        title=f"Gradients in networks of {len(norms)} layers, untrained",
    )
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(path, dpi=90)
    plt.close(figure)


def even(text: str) -> int:
    """A number of layers, from the command line."""
    number = int(text)
    if number < 4 or number % 2:
        raise argparse.ArgumentTypeError(f"must be even and at least 4, got {text}")
    return number


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
    parser.add_argument("--layers", type=even, default=50)
    parser.add_argument("--picture", type=picture_file, help="file to draw to")
    options = parser.parse_args(arguments)
    curves = {name: gradient_norms(name, options.layers) for name in tqdm(NETWORKS, unit="network")}
    shown = [n for n in (1, 2, 10, 20, 30, 40, 49) if n < options.layers] + [options.layers]
    print(f"{'layer':24}" + "".join(f"{n:>10}" for n in shown))
    for name, norms in curves.items():
        print(f"{name:24}" + "".join(f"{norms[n - 1]:10.1e}" for n in shown))
    if options.picture:
        draw(curves, options.picture)
        print(f"drawn in {options.picture}")


if __name__ == "__main__":
    main()
