"""Pictures in folders that are named by their classes."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..dataset import Dataset
from .file import FileName, check_path
from .image import check_reading, read_image

__all__ = ["ImageFolder"]

EXTENSIONS = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".ppm", ".pgm", ".tif", ".tiff", ".webp")


class ImageFolder(Dataset):
    """Pictures in a folder for each class: ``root/class/picture.png``.

    Classes are numbered in alphabetic order; the pictures of a class may lie in folders within its
    own. Names that begin with a dot are left out, and links to folders are not followed within one.
    Pictures are read when they are asked for, by `read_image`.

    Parameters
    ----------
    root
        The folder.
    transform
        Called with each picture, a uint8 array of shape (C, H, W).
    target_transform
        Called with each class number.
    mode, size, max_pixels
        Of `read_image`. A batch needs pictures of one size.
    extensions
        The ends of the names of pictures, in lower case; other files are left out.

    Attributes
    ----------
    classes
        The names of the classes.
    class_to_idx
        The number of each class.
    samples
        Path and class number of each picture.
    targets
        The class number of each picture, as an array.

    Raises
    ------
    ValueError
        If there are no folders, or one without pictures; when a picture is asked for, if it
        cannot be read: with its path.
    OSError
        If a folder cannot be read.

    Examples
    --------
    >>> import os, tempfile
    >>> root = tempfile.mkdtemp()
    >>> for name in ("cat", "dog"):
    ...     os.mkdir(os.path.join(root, name))
    ...     with open(os.path.join(root, name, "0.pgm"), "wb") as file:
    ...         _ = file.write(b"P5 2 2 255 " + bytes([0, 7, 100, 255]))
    >>> pictures = fastnn.data.readers.ImageFolder(root, mode="L")
    >>> pictures.classes, len(pictures)
    (['cat', 'dog'], 2)
    >>> next(iter(fastnn.data.DataLoader(pictures, batch_size=2)))[1]
    tensor([0, 1])
    """

    def __init__(
        self,
        root: FileName,
        transform: Callable[[Any], Any] | None = None,
        target_transform: Callable[[int], Any] | None = None,
        *,
        mode: str = "RGB",
        size: tuple[int, int] | None = None,
        max_pixels: int = 1 << 26,
        extensions: Sequence[str] = EXTENSIONS,
    ) -> None:
        check_path("ImageFolder", root)
        check_reading("ImageFolder", mode, size, max_pixels)
        if isinstance(extensions, str) or not all(isinstance(end, str) for end in extensions):
            raise TypeError(f"ImageFolder: extensions must be a list, got {extensions!r}")
        self.root = os.fspath(root)
        self.transform, self.target_transform = transform, target_transform
        self.mode, self.size, self.max_pixels = mode, size, max_pixels
        with os.scandir(root) as entries:
            self.classes = sorted(
                e.name for e in entries if e.is_dir() and not e.name.startswith(".")
            )
        if not self.classes:
            raise ValueError(f"ImageFolder: {self.root} has no folders, one for each class")
        self.class_to_idx = {name: i for i, name in enumerate(self.classes)}
        self.samples: list[tuple[str, int]] = []
        for name, number in self.class_to_idx.items():
            found = pictures(os.path.join(self.root, name), tuple(extensions))
            if not found:
                raise ValueError(
                    f"ImageFolder: the folder {os.path.join(self.root, name)} has no file whose "
                    f"name ends with {', '.join(extensions)}"
                )
            self.samples += [(path, number) for path in found]
        self.targets = np.array([number for _, number in self.samples], np.int64)

    def __getitem__(self, index: Any) -> tuple[Any, Any]:
        path, target = self.samples[index]
        image: Any = read_image(path, self.mode, self.size, self.max_pixels)
        if self.transform is not None:
            image = self.transform(image)
        return image, target if self.target_transform is None else self.target_transform(target)

    def __len__(self) -> int:
        return len(self.samples)


def pictures(folder: str, extensions: tuple[str, ...]) -> list[str]:
    """The paths of files in a folder and those within it whose names end so, in order."""

    def report(problem: OSError) -> None:
        raise problem

    found = []
    for place, folders, files in os.walk(folder, onerror=report):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found += [
            os.path.join(place, name)
            for name in sorted(files)
            if name.lower().endswith(extensions) and not name.startswith(".")
        ]
    return found
