"""A small residual network learns to classify images.

It reads Fashion-MNIST or other data in IDX files, or a folder of pictures with one subfolder per
class, optionally in two folders, train and test.

    python examples/image_classifier.py --data fashion-mnist --pictures .
    python examples/image_classifier.py --data flowers --size 64 --flip --epochs 30
"""

from __future__ import annotations

import argparse
import gzip
import lzma
import time
import zlib
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

try:
    import numpy as np

    import fastnn
    import fastnn.nn.functional as F
    from fastnn import nn
    from fastnn.data import DataLoader, TensorDataset
    from fastnn.models import BasicBlock
    from fastnn.optim import AdamW
except ImportError as missing:
    raise SystemExit(f"{missing}; in the clone: pip install .") from None

try:
    from tqdm import tqdm
except ImportError:  # no progress bar then
    tqdm = None

OPENERS = {".gz": gzip.open, ".xz": lzma.open}


class Data(NamedTuple):
    """Images (N, C, H, W) as bytes and their classes, for training and testing."""

    train_x: Any
    train_y: Any
    test_x: Any
    test_y: Any
    names: list[str]


def fail(message: str) -> SystemExit:
    """An exit with a one-line message."""
    return SystemExit(f"image_classifier: {message}")


# -- IDX files -------------------------------------------------------------------------------


def read_idx(path: Path) -> Any:
    """An array of bytes: two zeros, the type, the number of sizes, the sizes, the elements."""
    try:
        with OPENERS.get(path.suffix, open)(path, "rb") as file:
            content: bytes = file.read()
    except (OSError, EOFError, zlib.error, lzma.LZMAError) as problem:
        raise fail(f"cannot read {path}: {problem}") from None
    if content[:3] != b"\0\0\x08" or len(content) < 4 or len(content) < 4 + 4 * content[3]:
        raise fail(f"{path} is no IDX file of bytes: it begins with {content[:4].hex(' ')}")
    begin = 4 + 4 * content[3]
    shape = np.frombuffer(content, ">u4", content[3], 4).astype(int)
    if len(content) - begin != shape.prod():
        raise fail(f"{path} should have {shape.prod():,} elements, has {len(content) - begin:,}")
    return np.frombuffer(content, np.uint8, offset=begin).reshape(shape)


def idx_part(folder: Path, names: Sequence[str]) -> tuple[Any, Any]:
    """Images and classes of one part, whose files begin with one of the names."""
    found = []
    for kind in ("images", "labels"):
        paths = [p for name in names for p in sorted(folder.glob(f"{name}-{kind}-idx?-ubyte*"))]
        if not paths:
            raise fail(f"there is no file {names[0]}-{kind}-idx… in {folder}")
        found.append(read_idx(paths[0]))
    images, labels = found
    if images.ndim == 4:  # colours come last in the file
        images = images.transpose(0, 3, 1, 2)
    if images.ndim == 3:
        images = images[:, None]
    if images.ndim != 4 or labels.ndim != 1 or len(images) != len(labels):
        raise fail(f"{folder}: images {images.shape} and labels {labels.shape} do not fit")
    return images, labels.astype(np.int64)


# -- Folders of pictures ---------------------------------------------------------------------


def read_picture(path: Path, size: int) -> Any:
    """A picture as (3, size, size), cropped to its central square."""
    from PIL import Image, ImageOps

    try:
        with Image.open(path) as picture:
            return np.asarray(ImageOps.fit(picture.convert("RGB"), (size, size))).transpose(2, 0, 1)
    except Exception as problem:  # decoders raise various exceptions on broken files
        raise fail(f"cannot read {path}: {problem}") from None


def picture_part(folder: Path, names: Sequence[str], size: int) -> tuple[Any, Any]:
    """Images and classes of a folder with a subfolder for each name."""
    try:
        from PIL import Image
    except ImportError:
        raise fail("to read pictures, install Pillow: pip install pillow") from None
    known = Image.registered_extensions()
    images, labels = [], []
    for i, name in enumerate(names):
        paths = [p for p in sorted((folder / name).glob("[!.]*")) if p.suffix.lower() in known]
        if not paths:
            raise fail(f"there is no picture in {folder / name}")
        images += [read_picture(path, size) for path in paths]
        labels += [i] * len(paths)
    return np.stack(images), np.array(labels)


def classes_in(folder: Path) -> list[str]:
    """Names of subfolders."""
    return sorted(p.name for p in folder.glob("[!.]*") if p.is_dir())


def read_data(folder: Path, size: int, rng: Any) -> Data:
    """Read IDX files or pictures; without a test set, a fifth of the pictures is used."""
    if not folder.is_dir():
        raise fail(f"there is no folder {folder}")
    if any(folder.glob("*-idx?-ubyte*")):
        train, test = idx_part(folder, ("train",)), idx_part(folder, ("t10k", "test"))
        if train[0].shape[1:] != test[0].shape[1:]:
            raise fail(f"{folder}: images to train and to test on differ in size")
        count = 1 + max(int(labels.max(initial=0)) for _, labels in (train, test))
        return Data(*train, *test, [str(i) for i in range(count)])
    parts = folder / "train", folder / "test"
    names = classes_in(parts[0] if parts[0].is_dir() else folder)
    if len(names) < 2:
        raise fail(f"{folder} has neither IDX files nor folders of pictures for two classes")
    if parts[0].is_dir() and parts[1].is_dir():
        return Data(*(x for part in parts for x in picture_part(part, names, size)), names)
    x, y = picture_part(parts[0] if parts[0].is_dir() else folder, names, size)
    order = rng.permutation(len(y))
    test, train = np.split(order, [max(1, len(y) // 5)])
    return Data(x[train], y[train], x[test], y[test], names)


def kept_apart(data: Data, count: int, rng: Any) -> Data:
    """Replace the test images by some of the training images, for validation."""
    if not count < len(data.train_y):
        raise fail(
            f"--validate must be below {len(data.train_y)}, all training images, got {count}"
        )
    apart, train = np.split(rng.permutation(len(data.train_y)), [count])
    return data._replace(
        train_x=data.train_x[train], train_y=data.train_y[train],
        test_x=data.train_x[apart], test_y=data.train_y[apart],
    )  # fmt: skip


# -- The network and its training ------------------------------------------------------------


def residual(fan_in: int, fan_out: int) -> BasicBlock:
    """A block that halves the image, with a convolution on its shortcut."""
    shortcut = nn.Sequential(nn.Conv2d(fan_in, fan_out, 1, 2, bias=False), nn.BatchNorm2d(fan_out))
    return BasicBlock(fan_in, fan_out, 2, shortcut)


def build_model(channels: int, classes: int, width: int) -> nn.Sequential:
    """From images (N, C, H, W) to scores: seven layers, four of them in two residual blocks."""
    return nn.Sequential(
        nn.Conv2d(channels, width, 5, padding=2, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(),
        residual(width, 2 * width),
        residual(2 * width, 4 * width),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(4 * width, classes),
    )


class Augmentation:
    """Normalized images, and random variants: shifted and optionally mirrored."""

    def __init__(self, images: Any, shift: int, flip: bool, rng: Any) -> None:
        self.shift, self.flip, self.rng = shift, flip, rng
        axes = (0, 2, 3)
        self.mean = images.mean(axes, keepdims=True)[0].astype(np.float32)
        self.scale = 1 / (images.std(axes, keepdims=True)[0].astype(np.float32) + 1e-3)

    def normal(self, images: Any) -> fastnn.Tensor:
        """Bytes to numbers with mean 0 and standard deviation 1."""
        return fastnn.from_numpy((images - self.mean) * self.scale)

    def variants(self, images: Any) -> fastnn.Tensor:
        """Crop each image at a random position after padding it with a dark border."""
        n, s = len(images), self.shift
        padded = np.pad(images, ((0, 0), (0, 0), (s, s), (s, s)))
        places = np.lib.stride_tricks.sliding_window_view(padded, images.shape[2:], (2, 3))
        y, x = self.rng.integers(0, 2 * s + 1, (2, n))
        cut = places[np.arange(n), :, y, x]
        if self.flip:
            mirrored = self.rng.random(n) < 0.5
            cut[mirrored] = cut[mirrored, ..., ::-1]
        return self.normal(cut)


def rate(step: int, steps: int, peak: float) -> float:
    """The learning rate: a warm-up over a tenth of all steps, then a decay to zero."""
    rise = max(1, steps // 10)
    return peak * min((step + 1) / rise, (steps - step) / max(1, steps - rise))


def train_epoch(
    model: nn.Module, optimizer: AdamW, loader: DataLoader, images_of: Augmentation, rates: Any
) -> float:
    """Train for one epoch; return the mean loss."""
    model.train()
    total, count = 0.0, 0
    bar = tqdm(loader, unit="batch", leave=False) if tqdm is not None else None
    for images, labels in bar if bar is not None else loader:
        optimizer.param_groups[0]["lr"] = next(rates)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(images_of.variants(images.numpy())), labels)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(labels)
        count += len(labels)
        if bar is not None:
            bar.set_postfix(loss=f"{total / count:.3f}", refresh=False)
    return total / count


def predict(model: nn.Module, images: Any, images_of: Augmentation, batch: int = 500) -> Any:
    """Probabilities (N, classes)."""
    model.eval()
    with fastnn.no_grad():
        parts = [
            F.softmax(model(images_of.normal(images[i : i + batch])), 1).numpy()
            for i in range(0, len(images), batch)
        ]
    return np.concatenate(parts)


# -- Pictures --------------------------------------------------------------------------------


def shown(image: Any) -> Any:
    """(C, H, W) to matplotlib's format, from 0 to 1."""
    low, high = image.min(), image.max()
    return ((image - low) / max(high - low, 1e-9)).transpose(1, 2, 0)


def draw_grid(path: Path, images: Sequence[Any], titles: Sequence[str], columns: int) -> None:
    """Images side by side."""
    from matplotlib import pyplot as plt

    rows = -(-len(images) // columns)
    height = 1.25 if any(titles) else 0.8
    figure, axes = plt.subplots(
        rows, columns, figsize=(0.95 * columns, height * rows), layout="constrained", squeeze=False
    )
    for cell in axes.flat:
        cell.set_axis_off()
    for cell, image, title in zip(axes.flat, images, titles):
        cell.imshow(shown(image), cmap="gray")
        cell.set_title(title, fontsize=6)
    figure.savefig(path, dpi=130)
    plt.close(figure)


def draw_confusion(path: Path, counts: Any, names: Sequence[str]) -> None:
    """The confusion matrix: true classes in rows, predictions in columns."""
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(0.6 * len(names) + 2,) * 2, layout="constrained")
    share = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    axes.imshow(share, cmap="Blues", vmin=0, vmax=1)
    axes.set_xticks(range(len(names)), names, rotation=45, ha="right")
    axes.set_yticks(range(len(names)), names)
    axes.set(xlabel="taken for", ylabel="class")
    if len(names) <= 30:
        for (i, j), n in np.ndenumerate(counts):
            colour = "white" if share[i, j] > 0.5 else "black"
            axes.text(j, i, str(n), ha="center", va="center", fontsize=7, color=colour)
    figure.savefig(path, dpi=110)
    plt.close(figure)


def draw(folder: Path, model: nn.Sequential, data: Data, thought: Any) -> None:
    """Filters of the first layer, the most confident errors, and the confusion matrix."""
    import matplotlib as mpl

    mpl.use("agg")
    folder.mkdir(parents=True, exist_ok=True)
    filters = next(model[0].parameters()).detach().numpy()
    if filters.shape[1] not in (1, 3):
        filters = filters[:, :1]
    draw_grid(folder / "filters.png", list(filters), [""] * len(filters), 8)
    read = thought.argmax(1)
    wrong = np.flatnonzero(read != data.test_y)
    wrong = wrong[np.argsort(-thought[wrong].max(1))][:40]
    titles = [f"{data.names[data.test_y[i]]}, read\nas {data.names[read[i]]}" for i in wrong]
    if len(wrong):
        draw_grid(folder / "misread.png", [data.test_x[i] for i in wrong], titles, 10)
    counts = np.zeros((len(data.names),) * 2, int)
    np.add.at(counts, (data.test_y, read), 1)
    draw_confusion(folder / "confusion.png", counts, data.names)


# -- The program -----------------------------------------------------------------------------


def positive(text: str) -> int:
    """A number of at least one, from the command line."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, got {text}")
    return number


def picture_folder(text: str) -> Path:
    """A folder to draw to, which need not exist, from the command line."""
    path = Path(text)
    if find_spec("matplotlib") is None:
        raise argparse.ArgumentTypeError("to draw, install matplotlib: pip install matplotlib")
    if path.exists() and not path.is_dir():
        raise argparse.ArgumentTypeError(f"{path} is a file, not a folder")
    return path


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="a folder")
    parser.add_argument("--names", default="", help="of the classes of IDX files: a,b,c")
    parser.add_argument("--size", type=positive, default=32, help="of pictures, in pixels")
    parser.add_argument("--width", type=positive, default=32, help="channels of the first layer")
    parser.add_argument("--epochs", type=int, default=7)
    parser.add_argument("--batch", type=positive, default=128)
    parser.add_argument("--lr", type=float, default=3e-3, help="the highest learning rate")
    parser.add_argument("--decay", type=float, default=0.05, help="weight decay")
    parser.add_argument("--shift", type=int, default=1, help="largest random shift in pixels")
    parser.add_argument("--flip", action="store_true", help="mirror images at random")
    parser.add_argument(
        "--validate", type=positive, help="hold out this many training images for testing"
    )
    parser.add_argument("--pictures", type=picture_folder, help="folder to draw to")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    if options.shift < 0:
        parser.error(f"--shift must not be negative, got {options.shift}")
    return options


def main(arguments: Sequence[str] | None = None) -> float:
    """Train, report and plot; return the test accuracy."""
    options = parse(arguments)
    fastnn.manual_seed(options.seed)
    rng = np.random.default_rng(options.seed)
    data = read_data(options.data, options.size, rng)
    if options.names:
        data = data._replace(names=options.names.split(","))
    count = 1 + max(int(y.max(initial=0)) for y in (data.train_y, data.test_y))
    if not len(data.train_y) or not len(data.test_y) or len(data.names) < count:
        raise fail(
            f"{len(data.train_y)} images to train on and {len(data.test_y)} to test on, of {count} "
            f"classes with {len(data.names)} names: one of these is too few"
        )
    if options.validate:
        data = kept_apart(data, options.validate, rng)
    model = build_model(data.train_x.shape[1], len(data.names), options.width)
    print(f"{len(data.train_y):,} images to learn from, {len(data.test_y):,} to be tested on")
    print(f"{' x '.join(map(str, data.train_x.shape[1:]))} pixels, {len(data.names)} classes")
    print(f"{sum(p.numel() for p in model.parameters()):,} parameters")
    images_of = Augmentation(data.train_x, options.shift, options.flip, rng)
    images = TensorDataset(data.train_x, data.train_y)
    loader = DataLoader(images, batch_size=options.batch, shuffle=True)
    optimizer = AdamW(model.parameters(), lr=options.lr, weight_decay=options.decay)
    steps = options.epochs * len(loader)
    rates = iter([rate(i, steps, options.lr) for i in range(steps)])
    for epoch in range(1, options.epochs + 1):
        begin = time.perf_counter()
        loss = train_epoch(model, optimizer, loader, images_of, rates)
        seconds = time.perf_counter() - begin
        right = (predict(model, data.test_x, images_of).argmax(1) == data.test_y).mean()
        print(f"epoch {epoch}: loss {loss:.3f}, test accuracy {right:.2%}; {seconds:.1f} s")
    thought = predict(model, data.test_x, images_of)
    accuracy = float((thought.argmax(1) == data.test_y).mean())
    print(f"test accuracy {accuracy:.2%}, with {fastnn.get_num_threads()} threads")
    if options.pictures:
        draw(options.pictures, model, data, thought)
        print(f"pictures in {options.pictures}")
    return accuracy


if __name__ == "__main__":
    main()
