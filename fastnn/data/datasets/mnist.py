"""MNIST and Fashion-MNIST, from IDX files."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from ..checks import check_bool
from ..readers.file import FileName, check_path
from ..readers.idx import read_idx
from .download import download
from .labelled import LabelledDataset

__all__ = ["MNIST", "FashionMNIST"]

PARTS = {True: "train", False: "t10k"}
IMAGES, LABELS = "{}-images-idx3-ubyte", "{}-labels-idx1-ubyte"


class MNIST(LabelledDataset):
    """Handwritten digits: 60,000 training and 10,000 test images of 28 × 28 pixels, 10 classes.

    Parameters
    ----------
    root
        A folder that has the four files, such as ``train-images-idx3-ubyte.gz``, compressed or not,
        itself or in ``MNIST/raw``, where they are downloaded to.
    train
        Whether to read the training part, or the test part.
    download
        Whether to fetch files that are not there, through the package pooch. Their SHA-256 sums are
        compared, also that of a compressed file that is already in ``MNIST/raw``: if it differs,
        the file is replaced.

    Attributes
    ----------
    data
        The images, uint8 of shape (N, 1, 28, 28).
    targets
        Their classes, int64 of shape (N,).
    classes
        The names of the classes.
    url, checksums
        Of the class: where files are downloaded from, and their SHA-256 sums. A subclass may name
        another server.

    Raises
    ------
    FileNotFoundError
        If a file is not there.
    ValueError
        If a file is damaged, is of other images, or was downloaded and has another sum.
    OSError
        If a file cannot be read, or downloaded.
    ImportError
        With `download`, if pooch is not installed.

    Notes
    -----
    From Y. LeCun et al., Gradient-based learning applied to document recognition (1998).

    Examples
    --------
    >>> import os, tempfile
    >>> folder = tempfile.mkdtemp()
    >>> for name, header in (("images-idx3", [3, 0, 0, 0, 2, 0, 0, 0, 28, 0, 0, 0, 28]),
    ...                      ("labels-idx1", [1, 0, 0, 0, 2])):
    ...     with open(os.path.join(folder, f"t10k-{name}-ubyte"), "wb") as file:
    ...         size = 2 * 28 * 28 if len(header) > 5 else 2
    ...         _ = file.write(bytes([0, 0, 8, *header]) + bytes(size))
    >>> digits = fastnn.data.datasets.MNIST(folder, train=False)
    >>> digits.data.shape, digits.targets
    ((2, 1, 28, 28), tensor([0, 0]))
    """

    url: ClassVar[str] = "https://ossci-datasets.s3.amazonaws.com/mnist/"
    checksums: ClassVar[Mapping[str, str]] = {
        "train-images-idx3-ubyte.gz": (
            "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"
        ),
        "train-labels-idx1-ubyte.gz": (
            "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"
        ),
        "t10k-images-idx3-ubyte.gz": (
            "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"
        ),
        "t10k-labels-idx1-ubyte.gz": (
            "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"
        ),
    }
    names: ClassVar[Sequence[str]] = tuple("0123456789")

    def __init__(self, root: FileName, train: bool = True, *, download: bool = False) -> None:
        op = type(self).__name__
        check_path(op, root)
        check_bool(op, "download", download)
        part = PARTS[check_bool(op, "train", train)]
        raw = os.path.join(root, op, "raw")
        paths = []
        for name in (IMAGES.format(part), LABELS.format(part)):
            paths.append(self.found(name, os.fspath(root), raw, download))
        images, labels = map(read_idx, paths)
        if images.dtype != np.uint8 or images.shape[1:] != (28, 28):
            raise ValueError(
                f"{op}: {paths[0]} must have images of 28 × 28 bytes, it has shape {images.shape} "
                f"of {images.dtype}"
            )
        check_labels(op, paths[1], labels, len(images), len(self.names))
        super().__init__(images[:, None], labels.astype(np.int64), self.names)

    def found(self, name: str, root: str, raw: str, fetch: bool) -> str:
        """The path of a file, which may be downloaded."""
        op, packed = type(self).__name__, f"{name}.gz"
        places = [os.path.join(f, n) for n in (name, packed) for f in (root, raw)]
        there = [path for path in places if os.path.isfile(path)]
        if fetch and (not there or there[0] == os.path.join(raw, packed)):
            return download(op, self.url, packed, self.checksums[packed], raw)
        if not there:
            raise FileNotFoundError(
                f"{op}: neither {root} nor {raw} has {name} or {packed}; download=True fetches it"
            )
        return there[0]


def check_labels(op: str, path: str, labels: Any, count: int, classes: int) -> None:
    """Raise ValueError unless there are so many labels, each of one of the classes."""
    if labels.dtype != np.uint8 or labels.shape != (count,):
        raise ValueError(
            f"{op}: {path} must have {count} bytes, one for each image, it has shape "
            f"{labels.shape} of {labels.dtype}"
        )
    if count and labels.max() >= classes:
        raise ValueError(
            f"{op}: {path} has the label {labels.max()} of image {labels.argmax()}, there are "
            f"{classes} classes"
        )


class FashionMNIST(MNIST):
    """Pictures of clothes: 60,000 for training and 10,000 for tests, 28 × 28 pixels, 10 classes.

    Files, arguments and errors are those of `MNIST`; they are downloaded to ``FashionMNIST/raw``.

    Notes
    -----
    From H. Xiao et al., Fashion-MNIST (2017).

    Examples
    --------
    >>> fastnn.data.datasets.FashionMNIST.names[:2]
    ('T-shirt/top', 'Trouser')
    """

    url = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"
    checksums: ClassVar[Mapping[str, str]] = {
        "train-images-idx3-ubyte.gz": (
            "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"
        ),
        "train-labels-idx1-ubyte.gz": (
            "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"
        ),
        "t10k-images-idx3-ubyte.gz": (
            "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"
        ),
        "t10k-labels-idx1-ubyte.gz": (
            "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"
        ),
    }
    names: ClassVar[Sequence[str]] = (
        *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
        *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
    )
