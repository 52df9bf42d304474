"""IDX, the format of MNIST's files."""

from __future__ import annotations

import gzip
import math
import os
import zlib
from typing import Any, BinaryIO

import numpy as np

from .file import FileName, open_regular

__all__ = ["read_idx"]

TYPES = {8: "u1", 9: "i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}  # by the third byte
DIMENSIONS = 32  # that every NumPy has
PIECE = 1 << 20  # bytes that are decompressed at once
RATIO = 1032  # Deflate makes no more bytes of one: 258 of two bits, and the bits between blocks


def read_idx(path: FileName) -> np.ndarray[Any, np.dtype[Any]]:
    """Read an IDX file, such as those of MNIST, as an array.

    A file is two zero bytes, a byte for the type, one for the number of dimensions, each dimension
    as a big-endian 32-bit integer, and the elements in C order, big-endian. The header is compared
    with the file's size before memory is taken.

    Parameters
    ----------
    path
        The file; one that is compressed by gzip, whatever its name, is decompressed up to the size
        that its header states.

    Returns
    -------
    numpy.ndarray
        Of uint8, int8, int16, int32, float32 or float64, in the machine's byte order, with the
        shape in the header.

    Raises
    ------
    ValueError
        If it is no such file, or has another size than its header states, or is damaged.
    OSError
        If it cannot be read.

    Notes
    -----
    The format is described at the end of http://yann.lecun.com/exdb/mnist.

    Examples
    --------
    >>> import os, tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "labels-idx1-ubyte")
    >>> with open(path, "wb") as file:
    ...     _ = file.write(bytes([0, 0, 8, 1, 0, 0, 0, 3, 7, 2, 1]))
    >>> fastnn.data.readers.read_idx(path)
    array([7, 2, 1], dtype=uint8)
    """
    with open_regular("read_idx", path) as (file, size):
        try:
            compressed = file.read(2) == b"\x1f\x8b"
            file.seek(0)
            if not compressed:
                return read_from(file, size, exact=True)
            with gzip.GzipFile(fileobj=file, mode="rb") as stream:
                return read_from(stream, size * RATIO, exact=False)
        except (ValueError, EOFError, gzip.BadGzipFile, zlib.error) as problem:
            raise ValueError(f"read_idx: cannot read {os.fspath(path)}: {problem}") from None


def read_from(
    stream: BinaryIO | gzip.GzipFile, size: int, exact: bool
) -> np.ndarray[Any, np.dtype[Any]]:
    """The array in a stream of `size` bytes, or at most so many."""
    dtype, shape, begin = header_of(stream)
    wanted = math.prod(shape) * dtype.itemsize
    if begin + wanted > size or (exact and begin + wanted < size):
        holds = f"the file has {size}" if exact else f"the file holds at most {size}"
        raise ValueError(
            f"with shape {shape} of {dtype.name} it has {begin + wanted} bytes, {holds}"
        )
    data = bytearray()  # grows with what is there, not with what the header promises
    while len(data) < wanted:
        piece = stream.read(min(PIECE, wanted - len(data)))
        if not piece:
            raise ValueError(f"it ends after {begin + len(data)} bytes of {begin + wanted}")
        data += piece
    if stream.read(1):  # at its end, gzip compares the checksum
        raise ValueError(f"it goes on after the {begin + wanted} bytes that its header states")
    array = np.frombuffer(data, dtype).reshape(shape)
    if not dtype.isnative:
        array = array.byteswap(inplace=True).view(dtype.newbyteorder())
    return array


def header_of(stream: BinaryIO | gzip.GzipFile) -> tuple[np.dtype[Any], tuple[int, ...], int]:
    """Type and shape, and the number of bytes of the header."""
    magic = stream.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in TYPES:
        raise ValueError(f"it begins with {magic.hex(' ')!r}, not as an IDX file")
    count = magic[3]
    if count > DIMENSIONS:
        raise ValueError(f"it has {count} dimensions, at most {DIMENSIONS} are read")
    sizes = stream.read(4 * count)
    if len(sizes) < 4 * count:
        raise ValueError("it ends within its header")
    shape = tuple(np.frombuffer(sizes, ">u4").tolist())
    dtype = np.dtype(TYPES[magic[2]])
    if math.prod(n for n in shape if n) * dtype.itemsize > np.iinfo(np.int64).max:
        raise ValueError(f"no array has the shape {shape}")
    return dtype, shape, 4 + 4 * count
