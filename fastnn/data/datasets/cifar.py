"""CIFAR-10, from its binary version."""

from __future__ import annotations

import os
import tarfile
import zlib
from typing import Any, ClassVar

import numpy as np

from ..checks import check_bool
from ..readers.file import FileName, check_path, open_regular
from .download import download
from .labelled import LabelledDataset

__all__ = ["CIFAR10"]

SHAPE = (3, 32, 32)
RECORD = 1 + 3 * 32 * 32  # a label, and the red, green and blue of its image
LARGEST = 10_000 * RECORD  # bytes of a file
FOLDER = "cifar-10-batches-bin"
FILES = {True: [f"data_batch_{i}.bin" for i in range(1, 6)], False: ["test_batch.bin"]}


class CIFAR10(LabelledDataset):
    """Photographs: 50,000 for training and 10,000 for tests, 32 × 32 pixels, 10 classes.

    Parameters
    ----------
    root
        A folder that has the files of the binary version, ``data_batch_1.bin`` to
        ``data_batch_5.bin`` and ``test_batch.bin``, itself or in ``cifar-10-batches-bin``, where
        they are downloaded to. The files of the Python version are pickles and are not read.
    train
        Whether to read the training part, or the test part.
    download
        Whether to fetch the archive of the binary version unless its files are there, through the
        package pooch; its SHA-256 sum is compared.

    Attributes
    ----------
    data
        The images, uint8 of shape (N, 3, 32, 32).
    targets
        Their classes, int64 of shape (N,).
    classes
        The names of the classes.
    url, archive, checksum
        Of the class: where it is downloaded from. A subclass may name another server.

    Raises
    ------
    FileNotFoundError
        If a file is not there.
    ValueError
        If a file is damaged, or was downloaded and has another sum.
    OSError
        If a file cannot be read, or downloaded.
    ImportError
        With `download`, if pooch is not installed.

    Notes
    -----
    From A. Krizhevsky, Learning multiple layers of features from tiny images (2009).

    Examples
    --------
    >>> import os, tempfile
    >>> folder = tempfile.mkdtemp()
    >>> with open(os.path.join(folder, "test_batch.bin"), "wb") as file:
    ...     _ = file.write(bytes([3]) + bytes(3072) + bytes([9]) + bytes(3072))
    >>> photographs = fastnn.data.datasets.CIFAR10(folder, train=False)
    >>> photographs.data.shape, photographs.targets, photographs.classes[3]
    ((2, 3, 32, 32), tensor([3, 9]), 'cat')
    """

    url: ClassVar[str] = "https://www.cs.toronto.edu/~kriz/"
    archive: ClassVar[str] = "cifar-10-binary.tar.gz"
    checksum: ClassVar[str] = "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"
    names: ClassVar[tuple[str, ...]] = (
        *("airplane", "automobile", "bird", "cat", "deer"),
        *("dog", "frog", "horse", "ship", "truck"),
    )

    def __init__(self, root: FileName, train: bool = True, *, download: bool = False) -> None:
        op = type(self).__name__
        check_path(op, root)
        check_bool(op, "download", download)
        wanted = FILES[check_bool(op, "train", train)]
        folder = complete(root, wanted)
        if folder is None and download:
            folder = self.fetched(os.fspath(root))
        if folder is None:
            pickles = os.path.isdir(os.path.join(root, "cifar-10-batches-py"))
            why = "; the Python version there is made of pickles, which are not read"
            raise FileNotFoundError(
                f"{op}: neither {os.fspath(root)} nor its folder {FOLDER} has "
                f"{', '.join(wanted)}{why if pickles else ''}; download=True fetches them"
            )
        parts = [records(op, os.path.join(folder, name), len(self.names)) for name in wanted]
        images = np.concatenate([part[:, 1:] for part in parts]).reshape(-1, *SHAPE)
        labels = np.concatenate([part[:, 0] for part in parts])
        super().__init__(images, labels.astype(np.int64), self.names)

    def fetched(self, root: str) -> str:
        """The folder of files that were downloaded."""
        op = type(self).__name__
        path = download(op, self.url, self.archive, self.checksum, root)
        folder = os.path.join(root, FOLDER)
        os.makedirs(folder, exist_ok=True)
        try:
            extract(path, folder, {name for part in FILES.values() for name in part})
        except (tarfile.TarError, EOFError, zlib.error, ValueError) as problem:
            raise ValueError(f"{op}: cannot read {path}: {problem}") from problem
        return folder


def complete(root: FileName, names: list[str]) -> str | None:
    """The folder, `root` or the one within, that has all files."""
    for folder in (os.path.join(root, FOLDER), os.fspath(root)):
        if all(os.path.isfile(os.path.join(folder, name)) for name in names):
            return folder
    return None


def extract(path: str, folder: str, names: set[str]) -> None:
    """Write the files of these names in an archive to a folder; nothing else in it is looked at."""
    left = set(names)
    with tarfile.open(path, "r:gz") as archive:
        for member in archive:
            name = member.name.removeprefix(f"{FOLDER}/")
            content = archive.extractfile(member) if name in left and member.isreg() else None
            if content is None:
                continue
            if member.size > LARGEST:
                raise ValueError(f"{name} has {member.size} bytes, at most {LARGEST} are expected")
            target = os.path.join(folder, name)
            with open(f"{target}.part", "wb") as file:
                file.write(content.read())
            os.replace(f"{target}.part", target)
            left.remove(name)
    if left:
        raise ValueError(f"it does not have {', '.join(sorted(left))}")


def records(op: str, path: str, classes: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """The records of a file, (N, 3073)."""
    with open_regular(op, path) as (file, size):
        if size % RECORD:
            raise ValueError(
                f"{op}: {path} must be made of records of {RECORD} bytes, it has {size} bytes"
            )
        found = np.fromfile(file, np.uint8, size).reshape(-1, RECORD)
    labels = found[:, 0]
    if len(labels) and labels.max() >= classes:
        raise ValueError(
            f"{op}: {path} has the label {labels.max()} of image {labels.argmax()}, there are "
            f"{classes} classes"
        )
    return found
