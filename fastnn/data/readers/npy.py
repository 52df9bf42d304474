"""Arrays in .npy files, mapped to memory."""

from __future__ import annotations

import math
import os
import re
from typing import Any, BinaryIO

import numpy as np

from ...tensor import Tensor
from ..dataset import TensorDataset
from .file import FileName, open_regular

__all__ = ["NpyDataset", "map_npy"]

LONGEST = 1 << 16  # bytes of a header; NumPy writes 118 for all arrays of up to 20 dimensions
DIMENSIONS = 32  # that every NumPy has
KEY = r"\s*(['\"])(?P<key>descr|fortran_order|shape)\1\s*:\s*"
VALUE = r"(?P<value>'[^']*'|\"[^\"]*\"|True|False|\([0-9\s,]*\)|\[.*\])\s*"
ENTRY = re.compile(KEY + VALUE)


def map_npy(path: FileName) -> np.ndarray[Any, np.dtype[Any]]:
    """Map the array in a ``.npy`` file to memory, without reading or copying it.

    Parts of the file are read when they are first used. It must not be shortened meanwhile.

    Parameters
    ----------
    path
        A file that `numpy.save` wrote, of numbers or booleans. The header is compared with the
        file's size; nothing in it is evaluated, and arrays of Python objects, which are pickles,
        are refused.

    Returns
    -------
    numpy.ndarray
        Read-only, with the file's type, shape and order.

    Raises
    ------
    ValueError
        If it is no such file, or has another size than its header states.
    OSError
        If it cannot be opened.

    Examples
    --------
    >>> import os, tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "x.npy")
    >>> np.save(path, np.arange(6.0).reshape(2, 3))
    >>> fastnn.data.readers.map_npy(path)[1]
    memmap([3., 4., 5.])
    """
    with open_regular("map_npy", path) as (file, size):
        try:
            dtype, order, shape = header_of(file, size)
            begin = file.tell()
            end = begin + math.prod(shape) * dtype.itemsize
            if end != size:
                raise ValueError(
                    f"with shape {shape} of {dtype.name} it has {end} bytes, the file has {size}"
                )
        except ValueError as problem:
            raise ValueError(f"map_npy: cannot read {os.fspath(path)}: {problem}") from None
        if begin == end:  # nothing can be mapped
            empty = np.empty(shape, dtype, order)
            empty.flags.writeable = False
            return empty
        return np.memmap(file, dtype, "r", begin, shape, order)


def header_of(file: BinaryIO, size: int) -> tuple[np.dtype[Any], Any, tuple[int, ...]]:
    """Type, order and shape; the file stands at its first element then."""
    magic = file.read(8)
    if magic[:6] != b"\x93NUMPY":
        raise ValueError("it is no .npy file")
    if magic[6:] not in (b"\1\0", b"\2\0", b"\3\0"):
        raise ValueError(f"versions 1.0 to 3.0 are read, not {'.'.join(map(str, magic[6:]))}")
    width = 2 if magic[6] == 1 else 4
    length = int.from_bytes(file.read(width), "little")
    if length > min(LONGEST, size - 8 - width):
        raise ValueError(f"no header of {length} bytes is read")
    return parsed(file.read(length).decode("utf-8" if magic[6] == 3 else "latin-1"))


def parsed(header: str) -> tuple[np.dtype[Any], Any, tuple[int, ...]]:
    """Type, order and shape from a header, which is a dict as Python writes it."""
    text = header.strip()
    if not (text[:1] == "{" and text[-1:] == "}"):
        raise ValueError("its header is no dict")
    entries: dict[str, str] = {}
    position, text = 0, text[1:-1]
    while position < len(text) and (found := ENTRY.match(text, position)):
        entries[found["key"]] = found["value"]
        position = found.end()
        if text[position : position + 1] != ",":
            break
        position += 1
    if text[position:].strip() or set(entries) != {"descr", "fortran_order", "shape"}:
        raise ValueError("its header does not have a type, an order and a shape alone")
    name, dimensions = entries["descr"], entries["shape"]
    if not re.fullmatch(r"(['\"])[<>=|]?[biufc][0-9]{1,2}\1", name):
        raise ValueError(f"elements must be numbers or booleans, not {name:.40}")
    try:
        dtype = np.dtype(name[1:-1])
    except TypeError:
        raise ValueError(f"there is no type {name}") from None
    if not dtype.isnative:
        raise ValueError(f"numbers in the byte order of {name} cannot be mapped on this machine")
    if entries["fortran_order"] not in ("True", "False"):
        raise ValueError("fortran_order is neither True nor False")
    if not re.fullmatch(r"\(\s*([0-9]{1,19}\s*,\s*)*([0-9]{1,19}\s*)?\)", dimensions):
        raise ValueError(f"{dimensions:.40} is no shape")
    shape = tuple(map(int, re.findall(r"[0-9]+", dimensions)))
    largest = math.prod(n for n in shape if n) * dtype.itemsize
    if len(shape) > DIMENSIONS or largest > np.iinfo(np.int64).max:
        raise ValueError(f"no array has the shape {dimensions:.40}")
    return dtype, "F" if entries["fortran_order"] == "True" else "C", shape


class NpyDataset(TensorDataset):
    """Samples in ``.npy`` files that stay on disk: row i of each file.

    The files are mapped to memory by `map_npy`, so a dataset may be larger than it. A batch of
    `DataLoader` is a copy of its rows. A pickle of the dataset, as processes that do not fork get
    it, has the paths alone.

    Parameters
    ----------
    paths
        The files; their arrays have equal lengths.

    Raises
    ------
    ValueError
        If a file is none that `map_npy` reads, or lengths differ.
    OSError
        If a file cannot be opened.

    Examples
    --------
    >>> import os, tempfile
    >>> folder = tempfile.mkdtemp()
    >>> x, y = os.path.join(folder, "x.npy"), os.path.join(folder, "y.npy")
    >>> np.save(x, np.eye(3, dtype=np.float32))
    >>> np.save(y, np.arange(3))
    >>> data = fastnn.data.readers.NpyDataset(x, y)
    >>> next(iter(fastnn.data.DataLoader(data, batch_size=2)))
    (tensor([[1., 0., 0.],
            [0., 1., 0.]]), tensor([0, 1]))
    """

    def __init__(self, *paths: FileName) -> None:
        if not paths:
            raise ValueError("NpyDataset: expected at least one path")
        arrays = [map_npy(path) for path in paths]
        self.paths = tuple([os.path.abspath(path) for path in paths])
        if any(not a.ndim or len(a) != len(arrays[0]) for a in arrays):
            shapes = {os.fspath(path): a.shape for path, a in zip(paths, arrays)}
            raise ValueError(f"NpyDataset: arrays must have equal lengths, got {shapes}")
        super().__init__(*[Tensor(np.asarray(a)) for a in arrays])

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), self.paths
