"""The bytes of a file by position, whatever kind of file it is."""

from __future__ import annotations

import io
import os
from typing import Any

import numpy as np

from .fault import Fault

__all__ = ["Source"]

PIECE = 1 << 24  # bytes that a file without `readinto` is asked for at once


class Source:
    """The bytes of an open file from where it stands: `size` of them, read by position.

    It has the methods that `zipfile` asks of a file.
    """

    def __init__(self, file: Any) -> None:
        if not callable(getattr(file, "read", None)):
            raise TypeError(
                f"load: f must be a path or a file opened for reading in binary mode, "
                f"got {type(file).__name__}"
            )
        if isinstance(file, io.TextIOBase):
            raise TypeError('load: f must be a file opened in binary mode, as by open(path, "rb")')
        if not (callable(getattr(file, "seekable", None)) and file.seekable()):
            file = io.BytesIO(file.read())
        self.file = file
        self.begin = self.file.tell()
        self.size = max(0, self.file.seek(0, os.SEEK_END) - self.begin)
        self.position = 0
        self.map: np.ndarray[Any, np.dtype[np.uint8]] | None = None

    def open_map(self) -> None:
        """Let `array` return memory that is mapped to the file, copied where it is written to."""
        if self.size:
            mapped = np.memmap(self.file, np.uint8, "c")
            self.map = np.asarray(mapped).view(np.ndarray)

    def bytes(self, begin: int, count: int) -> bytes:
        """Bytes at a position; a Fault where the file ends before them."""
        return self.array(begin, count, mapped=False).tobytes()

    def array(
        self, begin: int, count: int, mapped: bool = True
    ) -> np.ndarray[Any, np.dtype[np.uint8]]:
        """Bytes at a position as an array, of its own memory or `map`."""
        if not 0 <= begin <= begin + count <= self.size:
            raise Fault(f"it ends at byte {self.size}, before byte {begin + count}")
        if self.map is not None and mapped:
            return self.map[begin : begin + count]
        out = np.empty(count, np.uint8)
        self.file.seek(self.begin + begin)
        into, filled = getattr(self.file, "readinto", None), 0
        while filled < count:
            if into is not None:
                got = into(out.data[filled:])
            else:
                data = self.file.read(min(PIECE, count - filled))
                got = len(data)
                out[filled : filled + got] = np.frombuffer(data, np.uint8)
            if not got:
                raise Fault(f"it ends at byte {begin + filled}, before byte {begin + count}")
            filled += got
        return out

    # -- for zipfile -------------------------------------------------------------------------

    def seekable(self) -> bool:
        """True."""
        return True

    def tell(self) -> int:
        """The position of `read`."""
        return self.position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Set the position of `read`."""
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self.position, os.SEEK_END: self.size}[whence]
        if start + offset < 0:
            raise io.UnsupportedOperation("a position before the beginning")
        self.position = start + offset
        return self.position

    def read(self, count: int = -1) -> Any:
        """Bytes from the position on, as many as there are."""
        left = max(0, self.size - self.position)
        data = self.bytes(min(self.position, self.size), left if count < 0 else min(count, left))
        self.position += len(data)
        return data
