"""Opening of files, which must be regular ones: a pipe would be waited for."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

__all__ = ["FileName", "open_regular"]

FileName = str | os.PathLike[str]


@contextmanager
def open_regular(op: str, path: FileName) -> Iterator[tuple[BinaryIO, int]]:
    """A file opened for reading, and its size in bytes; closed on exit.

    Raises
    ------
    TypeError
        If `path` is neither a string nor a path.
    ValueError
        If it is no regular file.
    OSError
        If it cannot be opened.
    """
    check_path(op, path)
    mode = os.stat(path).st_mode
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise ValueError(f"{op}: {os.fspath(path)} is no regular file")
    with open(path, "rb") as file:  # a folder is an IsADirectoryError
        yield file, os.fstat(file.fileno()).st_size


def check_path(op: str, path: Any) -> None:
    """Raise unless `path` is a string or a path, which the system can have."""
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(f"{op}: path must be a string or a path, got {type(path).__name__}")
    if "\0" in os.fspath(path):
        raise ValueError(f"{op}: path must not contain a null character, got {path!r}")
